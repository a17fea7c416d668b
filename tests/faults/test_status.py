"""Each part of the system frozen (SIGSTOP) and killed (SIGKILL): the seconds until `GET /` and `/status` report it.

`pytest -q -s tests/faults/test_status.py` prints the table of docs/operations.md.
"""

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from faults.system import System
from oa_local.process import Process
from oa_shared.fault_points import FOLDER_VARIABLE
from oa_shared.process_report import DISPATCHER_SWEEP

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_WITHIN_S = 60.0
_CLIENT_WAIT_S = 5.0
_ONLY = {"OA_HTTP": "false", "OA_SWEEP": "false", "OA_SCHEDULES": "false", "OA_BULK": "false", "OA_WEBHOOKS": "false"}
_KINDS = ("SIGSTOP", "SIGKILL")
_LABELS = {
    "aws": "queue server",
    "batch": "Batch server",
    "postgres": "Postgres",
    "api": "API",
    "sweep": "sweep of the dispatcher",
}
# The limit of workers that hang alone is 120 s in production.
_WORKER_SILENT_S = 20
_HANGING = f"sweep that hangs alone, `OA_WORKER_SILENT_S={_WORKER_SILENT_S}`"
_PLACES = {"/": "application/json", "/status": "text/html"}


@dataclass
class _Parts:
    """A system whose relay, consumer and scheduler are processes of their own, with two dispatchers, and the seconds.

    The second dispatcher is the one that freezes and dies: the first one reports what becomes of Batch.
    """

    system: System
    relay: Process = field(init=False)
    consumer: Process = field(init=False)
    scheduler: Process = field(init=False)
    dispatcher: Process = field(init=False)
    took_s: dict[tuple[str, str, str], float] = field(default_factory=dict)

    @property
    def fault_folder(self) -> Path:
        """Return the folder of the fault points of the second dispatcher."""
        return self.system.folder / "second-dispatcher"

    def start(self) -> None:
        """Start the system and the other processes. The fault points of the second dispatcher are its own."""
        self.system.start()
        self.relay = self.system.start_second("api", **_ONLY, OA_RELAY="true", OA_CONSUMER="false")
        self.consumer = self.system.start_second("api", **_ONLY, OA_RELAY="false", OA_CONSUMER="true")
        only = {**_ONLY, "OA_SCHEDULES": "true", "OA_RELAY": "false", "OA_CONSUMER": "false"}
        self.scheduler = self.system.start_second("api", **only)
        self.fault_folder.mkdir()
        self.dispatcher = self.system.start_second("dispatcher", **{FOLDER_VARIABLE: str(self.fault_folder)})

    @property
    def own(self) -> dict[str, Process]:
        """Return the processes that the system itself does not restart."""
        return {
            "relay": self.relay,
            "results consumer": self.consumer,
            "scheduler": self.scheduler,
            "dispatcher": self.dispatcher,
        }

    def process(self, part: str) -> Process:
        return self.own[part] if part in self.own else self.system.stack.service(part).process

    def send(self, part: str, kind: signal.Signals) -> None:
        """Send a signal to all processes of a part: those that it started stop and end with it."""
        for pid in _family(self.process(part).pid):
            os.kill(pid, kind)

    def restore(self) -> None:
        """Let frozen parts continue, and start those that ended: the watchdog of a process that was frozen ends it."""
        for part in ("postgres", "aws", "batch", "api", *self.own):
            if self.process(part).running:
                self.send(part, signal.SIGCONT)
        deadline = time.monotonic() + _WITHIN_S * 2
        while self.read("/", "application/json"):
            self.system.restart_dead()
            for process in self.own.values():
                if not process.running:
                    process.start()
            assert time.monotonic() < deadline, self.read("/", "application/json")
            time.sleep(0.5)

    def read(self, path: str, accept: str) -> str:
        """Return the problems of `GET /` as a text, the text of a page, or that the API does not answer."""
        request = Request(self.system.stack.api_url + path, headers={"accept": accept})  # noqa: S310 - our API
        try:
            with urlopen(request, timeout=_CLIENT_WAIT_S) as answer:  # noqa: S310 - likewise
                body = answer.read()
        except HTTPError as error:
            body = error.read()
        except (OSError, HTTPException):
            return "no answer"
        return " ".join(json.loads(body)["problems"]) if accept == "application/json" else body.decode()

    def measure(self, kind: signal.Signals, seen: dict[str, str], with_them: dict[str, tuple[str, str]]) -> None:
        """Signal the parts, and wait until both `GET /` and the page name each; `seen` has the pattern by part.

        `with_them` has parts of the same processes: the part whose process it is, and the pattern.
        """
        started = {part: self._start(part, kind) for part in seen}
        started |= {part: started[of] for part, (of, _) in with_them.items()}
        self._wait(kind.name, seen | {part: pattern for part, (_, pattern) in with_them.items()}, started)

    def measure_hang(self, worker: str, pattern: str) -> None:
        """Let one worker of the second dispatcher hang, and wait until it is named; the process is killed then."""
        (self.fault_folder / f"worker.{worker}.hang").touch()
        self._wait("SIGSTOP", {_HANGING: pattern}, {_HANGING: time.monotonic()})
        self.send("dispatcher", signal.SIGKILL)

    def _start(self, part: str, kind: signal.Signals) -> float:
        self.system.kept_down.add(part)
        self.send(part, kind)
        return time.monotonic()

    def _wait(self, kind: str, seen: dict[str, str], started: dict[str, float]) -> None:
        left = [(part, path) for part in seen for path in _PLACES]
        while left:
            texts = {path: self.read(path, accept) for path, accept in _PLACES.items()}
            for part, path in [(part, path) for part, path in left if re.search(seen[part], texts[path])]:
                left.remove((part, path))
                took_s = time.monotonic() - started[part]
                self.took_s[_LABELS.get(part, part), path, kind] = took_s
                assert took_s < _WITHIN_S
            late = [part for part, _ in left if time.monotonic() - started[part] > _WITHIN_S]
            assert not late, f"no word of {late}: {texts['/']}"
            time.sleep(0.2)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *(child for each in children for child in _family(int(each)))]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Parts]:
    settings = {"OA_RELAY": "false", "OA_CONSUMER": "false", "OA_SCHEDULES": "false"}
    settings["OA_WORKER_SILENT_S"] = str(_WORKER_SILENT_S)
    whole = _Parts(System(tmp_path_factory.mktemp("system"), settings=settings))
    try:
        whole.start()
        whole.restore()
        yield whole
    finally:
        whole.system.stop()
        print(f"\n{_table(whole.took_s)}")


def _table(took_s: dict[tuple[str, str, str], float]) -> str:
    """Return a row for each part: the seconds until each place shows it, frozen and killed."""
    head = ["Part", *(f"`{kind}`, `{path}`" for kind in _KINDS for path in _PLACES)]
    rows = [head, ["---"] * len(head)]
    for part in sorted({part for part, _, _ in took_s}):
        values = [took_s.get((part, path, kind)) for kind in _KINDS for path in _PLACES]
        rows.append([part, *("" if value is None else f"{value:.0f}" for value in values)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


@pytest.fixture(autouse=True)
def _restore(parts: _Parts) -> Iterator[None]:
    yield
    parts.system.kept_down.clear()
    parts.restore()


@pytest.mark.parametrize("kind", _KINDS)
def test_every_part_that_is_frozen_or_killed_is_named_within_a_minute(parts: _Parts, kind: str) -> None:
    silent = {part: f":{process.environ['OA_HEALTH_PORT']} has not reported for" for part, process in parts.own.items()}
    port = parts.dispatcher.environ["OA_HEALTH_PORT"]
    # In `GET /`, whose text has no markup, the problem of its process; on the page, its row.
    sweep = rf"(?s)\A[^<]*:{port} has not reported|Batch sweep.{{0,200}}does not work.{{0,300}}:{port}\b"
    emulators = {"aws": "the queue oa-", "batch": "AWS Batch has not answered"}
    parts.measure(signal.Signals[kind], {**silent, **emulators}, {"sweep": ("dispatcher", sweep)})


def test_sweep_that_hangs_alone_is_named(parts: _Parts) -> None:
    port = parts.dispatcher.environ["OA_HEALTH_PORT"]
    problem = rf"\A[^<]*worker {DISPATCHER_SWEEP} of \S+:{port} has not"
    row = rf"Batch sweep</th>\s*<td[^>]*><span[^>]*>does not work</span></td>\s*<td[^>]*>[^<]*<code[^>]*>\S+:{port}<"
    parts.measure_hang(DISPATCHER_SWEEP, f"{problem}|{row}")


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize(("part", "words"), [("postgres", "the database does not respond"), ("api", "no answer")])
def test_database_and_api_that_are_frozen_or_killed_are_seen_at_once(
    parts: _Parts, kind: str, part: str, words: str
) -> None:
    parts.measure(signal.Signals[kind], {part: words}, {})
