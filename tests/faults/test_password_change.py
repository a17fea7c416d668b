"""The password of the database changes under a running API: it reads the secret again, and requests do not notice."""

import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg2
import pytest

from oa_local.aws_client import AwsClient, client
from oa_local.postgres import SERVICE_USER, Postgres
from oa_local.process import Process, free_port
from oa_local.provision import Queues

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_END_LOGINS = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{SERVICE_USER}'"  # noqa: S608
_API = str(Path(sys.executable).with_name("oa-api"))
_CLIENTS = 4
_WITHIN_S = 60


def _status(port: int, path: str) -> int:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=_WITHIN_S) as response:
            return int(response.status)
    except HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0


@dataclass
class Deployment:
    """A database, the secret of its service, and processes of the API that log in with it."""

    server: Postgres
    secrets: AwsClient
    arn: str
    environ: dict[str, str]
    folder: Path
    processes: list[Process] = field(default_factory=list)

    def start_api(self) -> int:
        """Start a process and return its port once it is ready."""
        port = free_port()
        log = self.folder / f"api-{port}.log"
        process = Process([_API], log=log, environ={**self.environ, "OA_PORT": str(port)})
        self.processes.append(process)
        process.start_and_wait("the API", lambda: _status(port, "/ready") == 200)
        return port

    def change_secret(self, password: str) -> None:
        self.secrets.put_secret_value(SecretId=self.arn, SecretString=json.dumps({"password": password}))

    def change_database(self, password: str) -> None:
        """Change the password like a deployment does, then end the connections that logged in with the former one."""
        environ = {"OA_DATABASE_URL": self.server.url("oa"), "OA_SERVICE_USER": SERVICE_USER}
        migration = Process(
            [_API, "migrate"],
            log=self.folder / "migrate.log",
            environ={**environ, "OA_SERVICE_PASSWORD": password},
        )
        assert migration.run(within_s=120) == 0, migration.tail()
        self.end_connections()

    def end_connections(self) -> None:
        connection = psycopg2.connect(self.server.url("oa"))
        with connection, connection.cursor() as cursor:
            cursor.execute(_END_LOGINS)
        connection.close()

    def events(self) -> set[str]:
        texts = [process.log.read_text("utf-8") for process in self.processes]
        lines = [json.loads(line) for text in texts for line in text.splitlines() if line.startswith("{")]
        return {str(line["event"]) for line in lines}


@pytest.fixture
def deployment(aws: dict[str, str], queues: Queues, bucket: str, tmp_path: Path) -> Iterator[Deployment]:
    server = Postgres(tmp_path / "postgres", fsync_off=True)
    secrets = client("secretsmanager", aws)
    name = f"database-{uuid.uuid4().hex[:8]}"
    arn = secrets.create_secret(Name=name, SecretString=json.dumps({"password": "first"}))["ARN"]
    environ = {
        **aws,
        "OA_DATABASE_URL": f"postgresql://{SERVICE_USER}@127.0.0.1:{server.port}/oa",
        "OA_DATABASE_SECRET_ARN": arn,
        "OA_SHARED_SECRET": "s" * 32,
        "OA_BUCKET": bucket,
        "OA_JOBS_QUEUE_URL": queues.jobs_url,
        "OA_RESULTS_QUEUE_URL": queues.results_url,
    }
    made = Deployment(server, secrets, arn, environ, tmp_path)
    try:
        server.start()
        server.create("oa")
        made.change_database("first")
        yield made
    finally:
        for process in made.processes:
            process.stop()
        server.stop()
        secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


@contextmanager
def _requests(port: int) -> Iterator[list[tuple[float, int]]]:
    """Send requests without a pause; yield the list of the times and statuses of the answers."""
    answers: list[tuple[float, int]] = []
    over = threading.Event()

    def send() -> None:
        while not over.is_set():
            answers.append((time.monotonic(), _status(port, "/api/job")))

    threads = [threading.Thread(target=send) for _ in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_password_that_changes_first_in_the_secret_is_not_noticed(deployment: Deployment) -> None:
    port = deployment.start_api()
    with _requests(port) as answers:
        _wait_for(lambda: len(answers) > _CLIENTS)
        deployment.change_secret("second")
        deployment.end_connections()  # new ones have to use the previous password
        another = deployment.start_api()
        deployment.change_database("second")
        changed_at = time.monotonic()
        _wait_for(lambda: sum(at > changed_at for at, _ in answers) > 10 * _CLIENTS)
    statuses = {status for _, status in answers}
    print(f"{len(answers)} requests during the change: {sorted(statuses)}")
    assert statuses == {200}
    assert _status(another, "/api/job") == 200
    events = deployment.events()
    assert "database_login_refused" in events
    assert not events & {"worker_failed", "worker_ended", "request_failed"}


def test_password_that_changes_first_in_the_database_works_when_the_secret_has_it(deployment: Deployment) -> None:
    port = deployment.start_api()
    with _requests(port) as answers:
        _wait_for(lambda: len(answers) > _CLIENTS)
        deployment.change_database("second")
        _wait_for(lambda: answers[-1][1] == 503)
        assert _status(port, "/live") == 200
        deployment.change_secret("second")
        changed_at = time.monotonic()
        _wait_for(lambda: answers[-1][1] == 200)
        recovered_at = time.monotonic()
        _wait_for(lambda: sum(at > recovered_at for at, _ in answers) > 10 * _CLIENTS)
    first_good = min(at for at, status in answers if status == 200 and at > changed_at)
    failed_after = [status for at, status in answers if at > first_good and status != 200]
    print(f"works {first_good - changed_at:.2f} s after the secret has the password; {len(failed_after)} failed after")
    assert len(failed_after) <= _CLIENTS, "only requests that were under way may fail"
    assert {status for _, status in answers} == {200, 503}
    assert not deployment.events() & {"worker_failed", "worker_ended", "request_failed"}
