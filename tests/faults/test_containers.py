"""Containers that are killed for their memory, cancelled, terminated, doubled, or never heard of again."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from faults.history import History
from faults.system import System
from oa_local.stack import STACK

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def never(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of data that does not come until the test is over."""
    is_over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"N,S,LON,LAT\n")
            is_over.wait(60)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/data.csv"
    is_over.set()
    server.shutdown()
    server.server_close()


def is_running(history: History) -> bool:
    return all(job["status"] == "Running" and job["batch_job"] for job in history.jobs)


def test_killed_for_its_memory_runs_again_on_the_next_tier(system: System) -> None:
    batch = system.stack.service("batch")
    api = system.batch
    small = api.describe_job_definitions(jobDefinitionName=f"oa-{STACK}-small")["jobDefinitions"][0]
    container = small["containerProperties"]
    tiny = {**container, "resourceRequirements": [{"type": "MEMORY", "value": "8"}]}
    assert batch.process.running
    _define(api, tiny)
    try:
        history = system.check(system.submit(1))
    finally:
        _define(api, container)
    (job,) = history.jobs
    first, second = history.attempts[job["id"]]
    assert (first["tier"], first["error_code"]) == ("small", "resource.out_of_memory")
    assert (second["tier"], second["status"]) == ("standard", "Success")


def _define(api: object, container: dict[str, object]) -> None:
    api.register_job_definition(  # type: ignore[attr-defined]
        jobDefinitionName=f"oa-{STACK}-small", type="container", containerProperties=container
    )


def test_cancelled_while_running_its_container_is_ended(system: System, never: str) -> None:
    jobs = system.submit(1, data=never)
    history = system.wait(jobs, is_running)
    batch_job = history.jobs[0]["batch_job"]
    system.call("POST", f"/api/job/{jobs[0]}/cancel")
    assert system.check(jobs).statuses() == ["Cancelled"]
    assert _ended_in_batch(system, batch_job) == "oa: canceled"


def _ended_in_batch(system: System, batch_job: str) -> str:
    for _ in range(150):
        (job,) = system.batch.describe_jobs(jobs=[batch_job])["jobs"]
        if job["status"] == "FAILED":
            return str(job["statusReason"])
        time.sleep(0.2)
    raise AssertionError(job)


def test_older_than_the_deadline_ends_with_the_last_known_state(system: System, never: str) -> None:
    jobs = system.submit(1, data=never)
    system.wait(jobs, is_running)
    system.execute("UPDATE job SET opened_at = now() - interval '49 hours' WHERE id = %s", jobs[0])
    (job,) = system.check(jobs).jobs
    assert (job["status"], job["error_code"]) == ("Fail", "infra.deadline")
    assert "Running" in job["error_message"]
    system.batch.terminate_job(jobId=job["batch_job"], reason="over")


def test_unknown_to_batch_for_long_is_lost_and_run_again(system: System, never: str) -> None:
    jobs = system.submit(1, data=never)
    history = system.wait(jobs, is_running)
    batch_job = history.jobs[0]["batch_job"]
    system.execute("UPDATE job SET batch_job = 'never-heard-of' WHERE id = %s", jobs[0])
    # the claim names the container that works, which is found again before anything is given up
    system.s3.delete_object(Bucket=f"oa-{STACK}", Key=f"job/{jobs[0]}/attempt-1/claim.json")
    history = system.wait(jobs, lambda now: now.jobs[0]["attempt"] == 2)
    assert history.attempts[jobs[0]][0]["error_code"] == "infra.lost"
    system.batch.terminate_job(jobId=batch_job, reason="over")
    system.call("POST", f"/api/job/{jobs[0]}/cancel")
    assert system.check(jobs).statuses() == ["Cancelled"]


def test_second_container_of_an_attempt_stands_back_and_its_end_is_no_evidence(system: System, never: str) -> None:
    jobs = system.submit(1, data=never)
    history = system.wait(jobs, is_running)
    (job,) = history.jobs
    (worker,) = system.batch.describe_jobs(jobs=[job["batch_job"]])["jobs"]
    double = system.batch.submit_job(
        jobName=worker["jobName"],
        jobQueue=worker["jobQueue"],
        jobDefinition=worker["jobDefinition"],
        containerOverrides={"environment": worker["container"]["environment"]},
    )["jobId"]
    system.execute("UPDATE job SET batch_job = %s WHERE id = %s", double, jobs[0])
    history = system.wait(jobs, lambda now: now.jobs[0]["batch_job"] == worker["jobId"])
    assert (history.jobs[0]["status"], history.jobs[0]["attempt"]) == ("Running", 1)
    system.call("POST", f"/api/job/{jobs[0]}/cancel")
    assert _ended_in_batch(system, worker["jobId"]) == "oa: canceled"


def test_data_that_is_not_there_fails_at_once_with_its_code(system: System) -> None:
    jobs = system.submit(1, data=f"{system.stack.files_url}/absent.csv")
    (job,) = system.check(jobs).jobs
    assert (job["status"], job["attempt"], job["error_code"]) == ("Fail", 1, "source.not_found")


def test_run_again_keeps_what_it_published_until_it_succeeds(system: System) -> None:
    jobs = system.submit(1)
    (first,) = system.check(jobs).jobs
    system.call("POST", f"/api/job/{jobs[0]}/rerun")
    during = system.wait(jobs, lambda now: now.jobs[0]["attempt"] == 2)
    assert during.data[0]["result"] == first["result"]
    history = system.check(jobs)
    assert (history.statuses(), history.data[0]["attempt"]) == (["Success"], 2)
