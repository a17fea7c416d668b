"""Each background worker of a running API killed, broken, hung: what happens, and within how many seconds."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from faults.system import System
from oa_local.process import Process

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_HANG_S = 12.0
# For a hang: the table has the seconds.
_WITHIN_S = 240.0
_API = (
    "heartbeat",
    "relay",
    "consumer",
    "sweep",
    "sign_in_mail",
    "webhooks",
    "bulk",
    "schedules",
    "dependencies",
    "store_audit",
)
_DISPATCHER = ("dispatcher", "dispatcher_sweep", "dispatcher_heartbeat", "batch_check")
_PARTS = (*_API, *_DISPATCHER)
_TABLE: list[str] = []


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    settings = {"OA_WORKER_HANG_S": str(_HANG_S), "OA_LOOP_HANG_S": "3"}
    stack = System(tmp_path_factory.mktemp("system"), settings=settings)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
        print("\n| Part | Fault | What happens | Seconds |\n|---|---|---|---|")
        print("\n".join(_TABLE))


def _measure(case: str, is_so: Callable[[], bool]) -> None:
    """Wait until something is so, and add a row to the table; `case` is the part, the fault and what happens."""
    started = time.monotonic()
    while not is_so():
        assert time.monotonic() - started < _WITHIN_S, f"{case}: not within {_WITHIN_S} s"
        time.sleep(0.05)
    _TABLE.append(f"| {case} | {time.monotonic() - started:.1f} |")


def _measure_restarts(system: System, fault: str) -> None:
    """Do the same to each worker of both services at once, and wait until each has been restarted."""
    pids = {name: system.stack.service(name).process.pid for name in ("api", "dispatcher")}
    failures = {part: _log(_service_of(system, part), "worker_failed", worker=part) for part in _PARTS}
    system.crash_at(*(f"worker.{part}.{fault}" for part in _PARTS))
    started, waiting = time.monotonic(), set(_PARTS)
    hit_at: dict[str, float] = {}
    while waiting:
        assert time.monotonic() - started < _WITHIN_S, waiting
        for part in sorted(waiting):
            if part not in hit_at and _hit(system, f"worker.{part}.{fault}"):
                hit_at[part] = time.monotonic()
            if _log(_service_of(system, part), "worker_failed", worker=part) > failures[part]:
                waiting.discard(part)
                took_s = time.monotonic() - hit_at.get(part, time.monotonic())
                _TABLE.append(f"| {part} | {fault} | restarted, the process lives | {took_s:.1f} |")
        time.sleep(0.05)
    assert {name: system.stack.service(name).process.pid for name in pids} == pids
    assert all(system.stack.service(name).process.running for name in pids)
    _measure(f"all parts | {fault} | system ok", lambda: _answer(_url(system, "/"))[0] == 200)


def _answer(url: str) -> tuple[int, Any]:
    """Return status and JSON of a response; status 0 without one."""
    try:
        with urlopen(url, timeout=30) as response:  # noqa: S310 - our own services
            return response.status, json.load(response)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)
    except OSError:
        return 0, None


def _log(process: Process, event: str, **fields: str) -> int:
    """Return how many lines of a log have an event and some fields."""
    lines = process.log.read_text("utf-8", "replace").splitlines() if process.log.exists() else []
    parsed = [json.loads(line) for line in lines if line.startswith("{") and event in line]
    return sum(1 for line in parsed if line["event"] == event and all(line.get(k) == v for k, v in fields.items()))


def _hit(system: System, name: str) -> bool:
    return Path(system.crash_folder, f"{name}.hit").exists()


def _service_of(system: System, part: str) -> Process:
    return system.stack.service("dispatcher" if part in _DISPATCHER else "api").process


def _url(system: System, path: str) -> str:
    return f"{system.stack.api_url}{path}"


def test_workers_that_raise_are_restarted_and_their_processes_live(system: System) -> None:
    _measure_restarts(system, "raise")


def test_workers_that_hang_are_canceled_and_restarted(system: System) -> None:
    _measure_restarts(system, "hang")


@pytest.mark.parametrize("part", ["relay", "dispatcher_sweep"])
def test_worker_that_ignores_its_cancellation_ends_the_process(system: System, part: str) -> None:
    process = _service_of(system, part)
    system.crash_at(f"worker.{part}.stick")
    _measure(f"{part} | hang that cannot be canceled | process ended", lambda: not process.running)
    assert process.child is not None
    assert process.child.returncode not in {0, None}
    system.restart_dead()


@pytest.mark.parametrize("part", _PARTS)
def test_process_killed_in_a_worker_works_again(system: System, part: str) -> None:
    process = _service_of(system, part)
    system.crash_at(f"worker.{part}.kill")
    _measure(f"{part} | kill -9 | process ended", lambda: not process.running)
    system.restart_dead()
    _measure(f"{part} | kill -9 | system ok again", lambda: _answer(_url(system, "/"))[0] == 200)


def test_event_loop_that_hangs_ends_the_process(system: System) -> None:
    process = system.stack.service("api").process
    system.kept_down.add("dispatcher")
    system.crash_at("loop.block")
    ended = [system.stack.service(name).process for name in ("api", "dispatcher")]
    _measure("event loop | blocked for ever | process ended", lambda: not all(p.running for p in ended))
    dead = next(p for p in ended if not p.running)
    assert dead.child is not None
    assert dead.child.returncode == 70
    assert _log(dead, "event_loop_hangs") == 1
    assert process in ended


def test_worker_that_keeps_failing_makes_its_process_unhealthy_and_no_other(system: System) -> None:
    other = system.start_second("api", OA_HTTP="false", OA_HEALTH_PORT="0", OA_BULK="true")
    system.crash_at("worker.bulk.fail")
    _measure("bulk | fails each time | /live is 503", lambda: _answer(_url(system, "/live"))[0] == 503)
    assert "bulk" in _answer(_url(system, "/live"))[1]["problems"][0]
    assert any("bulk" in problem for problem in _answer(_url(system, "/"))[1]["problems"])
    Path(system.crash_folder, "worker.bulk.fail").unlink()
    _measure("bulk | works again | /live is 200", lambda: _answer(_url(system, "/live"))[0] == 200)
    other.stop()


@contextmanager
def _frozen(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _family(pid: int) -> list[int]:
    """Return a process and its children, as those of Postgres."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *(int(child) for child in children)]


def test_frozen_postgres_health_answers_in_2_seconds_and_requests_get_503_in_5(system: System) -> None:
    pid = system.stack.service("postgres").process.pid
    took_s: dict[str, float] = {}
    with _frozen(_family(pid)):
        for path, expected in (("/", 503), ("/ready", 503), ("/live", 200), ("/api/job", 503)):
            started = time.monotonic()
            status, _ = _answer(_url(system, path))
            took_s[path] = time.monotonic() - started
            _TABLE.append(f"| Postgres | SIGSTOP | GET {path} answers {status} | {took_s[path]:.1f} |")
            assert status == expected, path
    # Each kind has a limit of its own: on a busy machine all are late, and in this order.
    assert took_s["/live"] < min(took_s["/"], took_s["/ready"])
    assert max(took_s["/"], took_s["/ready"]) < took_s["/api/job"]
    _measure("Postgres | SIGCONT | requests work", lambda: _answer(_url(system, "/api/job"))[0] == 200)
    history = system.check(system.submit(2))
    assert set(history.statuses()) == {"Success"}
