"""docker-compose.yml as processes, with LocalStack in host mode: down and up, LocalStack killed, frozen and dead."""

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from e2e.compose.compose_file import ROOT
from e2e.compose.runner import ComposeRun
from oa_local.aws_client import client
from oa_local.provision import MAX_RECEIVE_COUNT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("localstack")]
_PROJECT = Path(__file__).with_name("localstack")
_INSTALLED = ROOT / ".local" / "localstack"
_QUEUES = ("jobs", "jobs-dlq", "results", "results-dlq")
_DATASETS = 3
# What an operator may have to wait for a fault to be named.
_NAMED_WITHIN_S = 60
# After the store has a bucket again, and the next audit.
_LOSS_NAMED_WITHIN_S = 60


@dataclass
class Operator:
    """What a user sees from outside."""

    run: ComposeRun
    secret: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.run.port('api', '8000')}"

    def get(self, path: str) -> tuple[int, bytes]:
        headers = {"secret": self.secret, "Accept": "application/json"}
        try:
            with urlopen(Request(self.url + path, headers=headers), timeout=10) as answer:  # noqa: S310 - loopback
                return answer.status, answer.read()
        except HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def problems(self) -> list[str]:
        """Return the problems that GET / names; that it does not answer is one, too."""
        status, body = self.get("/")
        if status not in {200, 503}:
            return [f"GET / is {status}"]
        problems: list[str] = json.loads(body)["problems"]
        assert (status == 200) == (problems == [])
        return problems

    def oa(self, *arguments: str) -> str:
        environ = {"PATH": os.environ["PATH"], "OA_API_URL": self.url, "OA_SHARED_SECRET": self.secret}
        command = [str(Path(sys.executable).with_name("oa")), *arguments]
        done = subprocess.run(command, env=environ, check=False, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def submit(self, *options: str) -> str:
        port = self.run.port("samples", "8003")
        return self.oa("submit", "--live", *options, f"http://127.0.0.1:{port}/sources/xx/applewood.json")

    def jobs(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._lines()]

    def _lines(self) -> list[str]:
        status, body = self.get("/api/job")
        assert status == 200
        return [json.dumps(job) for job in json.loads(body)["jobs"]]

    def published_jobs(self) -> list[int]:
        status, body = self.get("/api/data")
        assert status == 200
        return sorted(dataset["job"] for dataset in json.loads(body)["data"])

    def features(self, job: int) -> int:
        status, body = self.get(f"/api/job/{job}/output/source.geojson.gz")
        assert status == 200, body
        return gzip.decompress(body).count(b"\n")

    def aws(self, service: str) -> Any:
        endpoint = f"http://127.0.0.1:{self.run.port('localstack', '4566')}"
        keys = {"AWS_ACCESS_KEY_ID": "operator", "AWS_SECRET_ACCESS_KEY": "operator"}
        return client(service, {"AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": "us-east-1", **keys})


@pytest.fixture(scope="module")
def localstack() -> Path:
    """Install LocalStack in the locked version; where it is unavailable, these tests are skipped."""
    uv = ROOT / ".local" / "tools" / "bin" / "uv"
    environ = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(_INSTALLED), "UV_PYTHON_DOWNLOADS": "never"}
    command = [str(uv), "sync", "--frozen", "--quiet", "--project", str(_PROJECT)]
    try:
        subprocess.run(command, env=environ, check=True, capture_output=True, text=True, timeout=300)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"docker-compose.yml was NOT tested: LocalStack cannot be installed: {error.stderr.strip()[-300:]}")
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"docker-compose.yml was NOT tested: LocalStack cannot be installed: {error}")
    return _INSTALLED / "bin" / "python"


@pytest.fixture(scope="module")
def operator(localstack: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Return a user of the running project, whose .env file bin/compose-env has written."""
    folder = tmp_path_factory.mktemp("compose")
    (folder / "bin").mkdir()
    script = folder / "bin" / "compose-env"
    script.write_bytes((ROOT / "bin" / "compose-env").read_bytes())
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    variables = dict(line.split("=", 1) for line in (folder / ".env").read_text("utf-8").splitlines())
    run = ComposeRun(folder, variables, localstack)
    try:
        run.up()
        yield Operator(run, variables["OA_SHARED_SECRET"])
    finally:
        run.down()


def wait_for(what: str, is_reached: Callable[[], object], within_s: float) -> float:
    """Wait for a state, print after how many seconds it was reached, and return that."""
    started = time.monotonic()
    while not is_reached():
        assert time.monotonic() - started < within_s, what
        time.sleep(0.25)
    seconds = time.monotonic() - started
    print(f"{what}: {seconds:.1f} s")
    return seconds


def wait_for_problem(operator: Operator, pattern: str, within_s: float = _NAMED_WITHIN_S) -> None:
    wait_for(f"GET / says '{pattern}'", lambda: any(pattern in text for text in operator.problems()), within_s)


def wait_until_well(operator: Operator, within_s: float = 60) -> None:
    wait_for("GET / is ok", lambda: operator.problems() == [], within_s)


def assert_resources(operator: Operator) -> None:
    """Fail unless the queues have the attributes that the system needs."""
    sqs = operator.aws("sqs")
    for name in _QUEUES:
        url = sqs.get_queue_url(QueueName=f"oa-compose-{name}")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        if not name.endswith("-dlq"):
            redrive = json.loads(attributes["RedrivePolicy"])
            assert redrive["maxReceiveCount"] == MAX_RECEIVE_COUNT
            assert redrive["deadLetterTargetArn"].endswith(f":oa-compose-{name}-dlq")
            assert attributes["VisibilityTimeout"] == "60"
    operator.aws("s3").head_bucket(Bucket="oa-compose")


def has_resources(operator: Operator) -> bool:
    try:
        assert_resources(operator)
    except Exception:  # noqa: BLE001 - LocalStack starts, or an attribute is missing yet
        return False
    return True


def assert_loss_is_named(operator: Operator, jobs: list[int]) -> None:
    """Fail unless the status and the API name the published jobs whose files are lost."""
    wait_for_problem(operator, f"the store has lost the files of {len(jobs)} results", _LOSS_NAMED_WITHIN_S)
    assert any("oa job rerun" in problem for problem in operator.problems())
    status, body = operator.get(f"/api/job/{jobs[0]}/output/source.geojson.gz")
    assert status == 404
    assert f"rerun job {jobs[0]}" in json.loads(body)["detail"]


def rerun(operator: Operator, jobs: list[int]) -> None:
    """Follow the advice of the status: then nothing is lost anymore."""
    for job in jobs:
        operator.oa("job", "rerun", str(job))
    wait_for("all jobs are published again", lambda: all(operator.get(_file(job))[0] == 200 for job in jobs), 180)
    wait_until_well(operator)


def _file(job: int) -> str:
    return f"/api/job/{job}/output/source.geojson.gz"


def test_compose_publishes_the_sample_county(operator: Operator) -> None:
    assert_resources(operator)
    operator.submit("--follow")
    jobs = operator.published_jobs()
    assert len(jobs) == _DATASETS
    assert all(operator.features(job) > 0 for job in jobs)
    wait_until_well(operator)


def test_frozen_localstack_is_named_and_no_process_is_replaced(operator: Operator) -> None:
    operator.run.freeze("localstack")
    try:
        wait_for_problem(operator, "the queue oa-compose-jobs has not answered")
        wait_for_problem(operator, "the bucket oa-compose has not answered")
        assert (operator.get("/live")[0], operator.get("/ready")[0]) == (200, 200)
        assert operator.run.is_healthy("api")
        assert operator.run.is_healthy("dispatcher")
    finally:
        operator.run.thaw("localstack")
    wait_until_well(operator)


def test_dead_localstack_is_named_and_comes_back_with_queues_and_lost_jobs(operator: Operator) -> None:
    lost = operator.published_jobs()
    operator.run.stop("dispatcher")
    operator.submit()
    waiting = [job["id"] for job in operator.jobs() if job["status"] == "Pending"]
    assert len(waiting) == _DATASETS
    time.sleep(8)  # so that the relay has sent the messages, and the new queue is clearly younger
    operator.run.stop("localstack")
    wait_for_problem(operator, "the queue oa-compose-jobs has not answered")
    assert (operator.get("/live")[0], operator.get("/ready")[0]) == (200, 200)
    operator.run.start("localstack")
    wait_for("queues and bucket exist again, as they were", lambda: has_resources(operator), 60)
    assert_loss_is_named(operator, lost)
    operator.run.start("dispatcher")  # the waiting jobs replace the lost results

    def have_ended() -> bool:
        return all(job["status"] == "Success" for job in operator.jobs() if job["id"] in waiting)

    wait_for("jobs whose messages were lost are published", have_ended, 120)
    assert operator.published_jobs() == sorted(waiting)
    wait_until_well(operator)


def test_killed_localstack_is_restarted_with_its_queues(operator: Operator) -> None:
    lost = operator.published_jobs()
    before = operator.run.containers["localstack"].restarts
    operator.run.kill("localstack")
    wait_for("the restart policy applies", lambda: operator.run.containers["localstack"].restarts > before, 60)
    wait_for("queues and bucket exist again, as they were", lambda: has_resources(operator), 60)
    assert_loss_is_named(operator, lost)
    rerun(operator, lost)


def test_deleted_queue_and_wrong_attributes_are_repaired(operator: Operator) -> None:
    sqs = operator.aws("sqs")
    jobs, results = (sqs.get_queue_url(QueueName=f"oa-compose-{name}")["QueueUrl"] for name in ("jobs", "results"))
    sqs.delete_queue(QueueUrl=jobs)
    sqs.set_queue_attributes(QueueUrl=results, Attributes={"RedrivePolicy": "", "VisibilityTimeout": "1"})
    wait_for("the queues are repaired", lambda: has_resources(operator), 60)
    wait_until_well(operator)


def test_down_and_up_names_the_lost_results_and_publishes_again(operator: Operator) -> None:
    lost = operator.published_jobs()
    operator.run.down()
    started = time.monotonic()
    operator.run.up()
    print(f"up: {time.monotonic() - started:.1f} s")
    assert_resources(operator)
    assert operator.published_jobs() == lost
    assert_loss_is_named(operator, lost)
    rerun(operator, lost)
