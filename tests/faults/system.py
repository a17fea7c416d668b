"""The whole system as processes with short intervals, crash points, and a supervisor that restarts services."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psycopg2
from botocore.exceptions import BotoCoreError, ClientError

from faults.history import History
from oa_local.aws_client import client
from oa_local.process import Process, StartError, free_port
from oa_local.stack import STACK, Stack
from oa_shared.fault_points import FOLDER_VARIABLE, HIT
from oa_shared.scheduling import Lane

SHORT_INTERVALS = {
    "OA_SWEEP_EVERY_S": "1",
    "OA_REPUBLISH_AFTER_S": "5",
    "OA_RESULT_GRACE_S": "3",
    "OA_VISIBILITY_S": "3",
    "OA_API_RETRY_S": "1",
    "OA_UNKNOWN_RETRY_S": "1",
    "OA_LOST_AFTER_S": "2",
    "OA_DATABASE_CONNECTIONS": "5",
    "OA_SCHEDULE_LEASE_S": "2",
    "OA_ARRAY_JOBS": "yes",
    "OA_ARRAY_LEAST": "2",
    "OA_WITHOUT": "preview,tiles,parquet,profile",
}
# The servers of the tests are on ports that the stack does not know.
OPEN_HOSTS = {"OA_ALLOW_HOSTS": "127.0.0.1"}
_TIMEOUT_S = 200.0
_MAKE_RETRIES_DUE = "UPDATE outbox SET available_at = now() WHERE sent_at IS NULL AND available_at > now()"
_OPEN = "SELECT count(*) FROM job WHERE id = ANY(%s) AND rank < 9"
_ROWS = "N,S,LON,LAT\n" + "".join(f"{n},Elm Street,{-99 + n / 1e4},39.7\n" for n in range(1, 11))


@dataclass
class _Retries:
    """Makes retries due over one connection, which it reopens when the database is back."""

    database_url: str
    connection: Any = None

    def make_due(self, jobs: list[int]) -> bool:
        """Make retries due; return whether all the jobs have ended, and False while the database is down."""
        try:
            if self.connection is None:
                self.connection = psycopg2.connect(self.database_url)
                self.connection.autocommit = True
            with self.connection.cursor() as cursor:
                cursor.execute(_MAKE_RETRIES_DUE)
                cursor.execute(_OPEN, (jobs,))
                return bool(cursor.fetchone() == (0,))
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            self.close()
            return False

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None


def _read(database_url: str, jobs: list[int]) -> History | None:
    """Return the history of the jobs, or None while the database is down."""
    try:
        return History.read(database_url, jobs)
    except psycopg2.OperationalError:
        return None


@dataclass
class System:
    """One stack in one folder; `kept_down` names the services that are not restarted."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    kept_down: set[str] = field(default_factory=set)
    extra: list[Process] = field(default_factory=list)
    jobs: list[int] = field(default_factory=list)
    last_start_error: str = ""

    def __post_init__(self) -> None:
        self.crash_folder = self.folder / "crash"
        self.crash_folder.mkdir()
        # Without a port for the API in this file, the stack would take the port of `make up`.
        (self.folder / "ports.json").write_text("{}", "utf-8")
        self.stack = Stack(
            self.folder,
            settings={**SHORT_INTERVALS, **OPEN_HOSTS, FOLDER_VARIABLE: str(self.crash_folder), **self.settings},
        )
        (self.stack.folder / "samples" / "small.csv").write_text(_ROWS, "utf-8")

    def start(self) -> None:
        """Start all services."""
        for _name in self.stack.start():
            pass

    def stop(self) -> None:
        """Kill all processes: no test reads their state afterward."""
        for process in (*self.extra, *(service.process for service in self.stack.services)):
            process.stop(timeout_s=0)
        self.stack.services.clear()
        self.stack.stop()  # it gives its ports back

    def entry(self, **changes: Any) -> dict[str, Any]:
        """Return a layer entry of its own name."""
        conform = {"format": "csv", "number": "N", "street": "S", "lon": "LON", "lat": "LAT", "size": "small"}
        data = f"{self.stack.files_url}/small.csv"
        return {"name": uuid.uuid4().hex[:12], "data": data, "protocol": "http", "conform": conform, **changes}

    def submit(self, count: int = 1, *, lane: Lane = Lane.MANUAL, **changes: Any) -> list[int]:
        """Create a live run with `count` jobs, repeating each request with the same key until the API answers."""
        entries = [self.entry(**changes) for _ in range(count)]
        definition = {"schema": 2, "coverage": {"country": "xx"}, "layers": {"addresses": entries}}
        run = self.call_until_answered("POST", "/api/run", {"live": True, "lane": lane})["id"]
        asked = {"jobs": [{"source": definition, "source_name": "xx/faults"}]}
        jobs: list[int] = self.call_until_answered("POST", f"/api/run/{run}/jobs", asked)["jobs"]
        assert len(jobs) == count
        self.jobs += jobs
        return jobs

    def call_until_answered(self, method: str, path: str, body: object) -> Any:
        """Call the API until it answers, like a client with an Idempotency-Key."""
        key, deadline = uuid.uuid4().hex, time.monotonic() + _TIMEOUT_S
        while True:
            try:
                return self.call(method, path, body, {"Idempotency-Key": key})
            except HTTPError as error:
                if error.code < 500 or time.monotonic() > deadline:
                    raise
            except OSError:
                if time.monotonic() > deadline:
                    raise
            self.restart_dead()
            time.sleep(0.2)

    def call(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
        """Call the API once. Raises OSError, of which HTTPError is one."""
        data = None if body is None else json.dumps(body).encode()
        request_headers = {"secret": self.stack.secret, "content-type": "application/json", **(headers or {})}
        request = Request(self.stack.api_url + path, data=data, method=method, headers=request_headers)  # noqa: S310 - our API
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - likewise
            return json.load(answer)

    def restart_dead(self) -> None:
        """Restart dead services that are not kept down; one that dies at once is restarted by the next call."""
        for service in self.stack.services:
            if service.name not in self.kept_down and not service.process.running:
                try:
                    service.start()
                except StartError as error:  # it may reach its crash point before it listens
                    self.last_start_error = str(error)

    def kill(self, name: str) -> None:
        """Kill a service with SIGKILL."""
        self.stack.service(name).process.kill()

    @contextmanager
    def down(self, name: str) -> Iterator[None]:
        """Kill a service and keep it down until the end of the block."""
        self.kept_down.add(name)
        self.kill(name)
        try:
            yield
        finally:
            self.kept_down.discard(name)
            self.restart_dead()

    def crash_at(self, *places: str) -> None:
        """Let the first process that reaches each crash point die there."""
        for place in places:
            (self.crash_folder / place).touch()

    def submit_until_crashed(self, count: int, *, lane: Lane = Lane.MANUAL, rounds: int = 5) -> list[int]:
        """Submit jobs until a process has died at each crash point: not every job reaches all of them."""
        jobs: list[int] = []
        for _ in range(rounds):
            jobs += self.submit(count, lane=lane)
            self.wait(jobs)
            if all(path.name.endswith(HIT) for path in self.crash_folder.iterdir()):
                break
        return jobs

    def collect_crashes(self) -> set[str]:
        """Return the crash points reached since the last call, and withdraw all others."""
        hit = {path.name.removesuffix(HIT) for path in self.crash_folder.glob(f"*{HIT}")}
        for path in self.crash_folder.iterdir():
            path.unlink()
        return hit

    def wait(self, jobs: list[int], until: Callable[[History], bool] | None = None) -> History:
        """Restart what dies until the jobs have ended (or `until`), making retries due; return their history."""
        is_enough = until or (lambda history: history.has_ended)
        deadline = time.monotonic() + _TIMEOUT_S
        with closing(_Retries(self.stack.database_url)) as retries:
            while True:
                self.restart_dead()
                # A history costs eight queries: a test that waits for the end reads it only then.
                is_due = retries.make_due(jobs) or until is not None
                history = _read(self.stack.database_url, jobs) if is_due else None
                if history is not None and is_enough(history):
                    return history
                assert time.monotonic() < deadline, f"{_read(self.stack.database_url, jobs)} {self.last_start_error}"
                time.sleep(0.2)

    def check(self, jobs: list[int]) -> History:
        """Wait for the end of the jobs and return their history, which must be free of contradictions."""
        history = self.wait(jobs)
        assert history.problems(jobs, self.read_object) == []
        return history

    def execute(self, statement: str, *values: object) -> None:
        with closing(psycopg2.connect(self.stack.database_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values)

    def read_object(self, key: str) -> bytes | None:
        """Return the bytes of an object, or None if it is missing."""
        for _ in range(20):
            try:
                body: bytes = self.s3.get_object(Bucket=f"oa-{STACK}", Key=key)["Body"].read()
            except ClientError as error:
                if error.response["Error"]["Code"] == "NoSuchKey":
                    return None
                raise
            except BotoCoreError:
                time.sleep(0.2)
            else:
                return body
        raise AssertionError(f"{key} could not be read")

    @cached_property
    def s3(self) -> Any:
        return client("s3", self.stack.emulator.environ)

    @cached_property
    def sqs(self) -> Any:
        return client("sqs", self.stack.emulator.environ)

    @cached_property
    def batch(self) -> Any:
        return client("batch", {**self.stack.emulator.environ, "AWS_ENDPOINT_URL_BATCH": self._batch_url})

    @property
    def _batch_url(self) -> str:
        return f"http://127.0.0.1:{self.stack.ports['batch']}"

    def start_second(self, name: str, **environ: str) -> Process:
        """Start a second process of a service."""
        first = self.stack.service(name).process
        process = Process(first.command, log=self.folder / "log" / f"second-{name}.log")
        process.environ = {**first.environ, "OA_HEALTH_PORT": str(free_port()), **environ}
        self.extra.append(process)
        process.start()
        return process
