"""Starting without dependencies: the API waits, logs it, and serves when they are there."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg2
import pytest

from faults.system import System
from oa_local.process import Process, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'oa-api%'"


def _answer(port: int, path: str) -> tuple[int, Any]:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as response:
            return response.status, json.load(response)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)
    except OSError:
        return 0, {}


def _wait(port: int, path: str, status: int, within_s: float) -> float:
    started = time.monotonic()
    while _answer(port, path)[0] != status:
        assert time.monotonic() - started < within_s, (path, _answer(port, path))
        time.sleep(0.1)
    return time.monotonic() - started


def _start_second(system: System, **environ: str) -> tuple[Process, int]:
    port = free_port()
    return system.start_second("api", OA_PORT=str(port), **environ), port


def _events(process: Process) -> list[dict[str, Any]]:
    return [json.loads(line) for line in process.log.read_text("utf-8").splitlines() if line.startswith("{")]


def test_api_started_without_its_database_waits_and_logs_it(system: System) -> None:
    with system.down("postgres"):
        process, port = _start_second(system)
        _wait(port, "/live", 200, 60)
        assert _answer(port, "/ready")[1] == {"status": "unready", "reason": "the start waits for the database"}
        status, problem = _answer(port, "/api/job")
        assert (status, problem["code"]) == (503, "starting")
        deadline = time.monotonic() + 60
        while len(pauses := _pauses(process)) < 2 or pauses[-1] <= pauses[0]:
            assert time.monotonic() < deadline, pauses
            time.sleep(0.2)
        assert process.running
    took_s = _wait(port, "/ready", 200, 60)
    print(f"ready {took_s:.1f} s after the database")
    process.stop()


def _pauses(process: Process) -> list[float]:
    """Return the seconds that a process waits before it tries its start again, in order."""
    return [line["retry_in_s"] for line in _events(process) if line["event"] == "start_waiting"]


@contextmanager
def _cutting(system: System, every_s: float) -> Iterator[None]:
    """End all connections of the API again and again."""
    over = threading.Event()

    def cut() -> None:
        connection = psycopg2.connect(system.stack.database_url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            while not over.wait(every_s):
                cursor.execute(_CUT)
        connection.close()

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_api_started_while_its_connections_are_cut_comes_up_and_loses_nothing(system: System) -> None:
    with _cutting(system, 0.05):
        process, port = _start_second(system)
        _wait(port, "/live", 200, 60)
        time.sleep(5)
        assert process.running
        assert system.stack.service("api").process.running
    _wait(port, "/ready", 200, 60)
    history = system.check(system.submit(3))
    assert set(history.statuses()) == {"Success"}
    process.stop()


def test_queue_with_wrong_attributes_is_named_at_the_start(system: System) -> None:
    url = system.sqs.create_queue(QueueName=f"bare-{free_port()}", Attributes={"VisibilityTimeout": "5"})["QueueUrl"]
    process, port = _start_second(system, OA_JOBS_QUEUE_URL=url)
    _wait(port, "/ready", 200, 60)
    deadline = time.monotonic() + 60
    while not (named := [line for line in _events(process) if line["event"] == "queue_misconfigured"]):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    text = " ".join(named[0]["problems"])
    assert "redrive policy" in text
    assert "VisibilityTimeout" in text
    while not any("redrive policy" in problem for problem in _answer(port, "/")[1]["problems"]):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    process.stop()


def test_api_that_cannot_open_its_database_waits_and_names_the_reason(system: System) -> None:
    url = system.stack.database_url.replace("/openaddresses", "/absent")
    process, port = _start_second(system, OA_DATABASE_URL=url)
    _wait(port, "/live", 200, 60)
    deadline = time.monotonic() + 60
    while not any(line["event"] == "start_waiting" and "absent" in line["error"] for line in _events(process)):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    process.stop()
    assert process.child is not None
    assert process.child.returncode == 0


def test_process_without_http_answers_health_checks_and_metrics(system: System) -> None:
    port = free_port()
    process = system.start_second("api", OA_HTTP="false", OA_HEALTH_PORT=str(port))
    _wait(port, "/ready", 200, 60)
    assert _answer(port, "/live")[1]["status"] == "ok"
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as response:
        assert "oa_worker_age_seconds" in response.read().decode()
    process.stop()
