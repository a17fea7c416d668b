"""Each part of the system frozen (SIGSTOP) and killed (SIGKILL): the seconds until `GET /` and `/status` report it."""

import json
import os
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

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
_WITHIN_S = 60.0
_CLIENT_WAIT_S = 5.0
_ONLY = {"OA_HTTP": "false", "OA_SWEEP": "false", "OA_SCHEDULES": "false", "OA_BULK": "false", "OA_WEBHOOKS": "false"}
_PLACES = {"/": "application/json", "/status": "text/html"}


@dataclass
class _Parts:
    """A system whose relay and consumer are processes of their own, with two dispatchers, and the table of seconds.

    The second dispatcher is the one that freezes and dies: the first one reports what becomes of Batch.
    """

    system: System
    relay: Process = field(init=False)
    consumer: Process = field(init=False)
    dispatcher: Process = field(init=False)
    rows: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.system.start()
        self.relay = self.system.start_second("api", **_ONLY, OA_RELAY="true", OA_CONSUMER="false")
        self.consumer = self.system.start_second("api", **_ONLY, OA_RELAY="false", OA_CONSUMER="true")
        self.dispatcher = self.system.start_second("dispatcher")

    @property
    def own(self) -> dict[str, Process]:
        """Return the processes that the system itself does not restart."""
        return {"relay": self.relay, "consumer": self.consumer, "dispatcher": self.dispatcher}

    def process(self, part: str) -> Process:
        return self.own[part] if part in self.own else self.system.stack.service(part).process

    def send(self, part: str, kind: signal.Signals) -> None:
        """Send a signal to all processes of a part: those that it started stop and end with it."""
        for pid in _family(self.process(part).pid):
            os.kill(pid, kind)

    def restore(self) -> None:
        """Let frozen parts continue, and start those that ended: the watchdog of a process that was frozen ends it."""
        for part in ("postgres", "aws", "batch", "api", "dispatcher", "relay", "consumer"):
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

    def measure(self, kind: signal.Signals, seen: dict[str, str]) -> None:
        """Signal the parts, and wait until both `GET /` and the page name each; `seen` has the text by part."""
        self._wait(kind, seen, {part: self._start(part, kind) for part in seen})

    def _start(self, part: str, kind: signal.Signals) -> float:
        self.system.kept_down.add(part)
        self.send(part, kind)
        return time.monotonic()

    def _wait(self, kind: signal.Signals, seen: dict[str, str], started: dict[str, float]) -> None:
        left = [(part, path) for part in seen for path in _PLACES]
        while left:
            texts = {path: self.read(path, accept) for path, accept in _PLACES.items()}
            for part, path in [(part, path) for part, path in left if seen[part] in texts[path]]:
                left.remove((part, path))
                took_s = time.monotonic() - started[part]
                self.rows.append(f"| {part} | {kind.name} | {path} | {took_s:.1f} |")
                assert took_s < _WITHIN_S
            late = [part for part, _ in left if time.monotonic() - started[part] > _WITHIN_S]
            assert not late, f"no word of {late}: {texts['/']}"
            time.sleep(0.2)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *(child for each in children for child in _family(int(each)))]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Parts]:
    settings = {"OA_RELAY": "false", "OA_CONSUMER": "false"}
    whole = _Parts(System(tmp_path_factory.mktemp("system"), settings=settings))
    try:
        whole.start()
        whole.restore()
        yield whole
    finally:
        whole.system.stop()
        print("\n| Part | Signal | Where | Seconds |\n|---|---|---|---|")
        print("\n".join(whole.rows))


@pytest.fixture(autouse=True)
def _restore(parts: _Parts) -> Iterator[None]:
    yield
    parts.system.kept_down.clear()
    parts.restore()


@pytest.mark.parametrize("kind", [signal.SIGSTOP, signal.SIGKILL], ids=lambda kind: kind.name)
def test_every_part_that_is_frozen_or_killed_is_named_within_a_minute(parts: _Parts, kind: signal.Signals) -> None:
    silent = {part: f":{process.environ['OA_HEALTH_PORT']} has not reported for" for part, process in parts.own.items()}
    parts.measure(kind, {**silent, "aws": "the queue oa-", "batch": "AWS Batch has not answered"})


@pytest.mark.parametrize("kind", [signal.SIGSTOP, signal.SIGKILL], ids=lambda kind: kind.name)
@pytest.mark.parametrize(("part", "words"), [("postgres", "the database does not respond"), ("api", "no answer")])
def test_database_and_api_that_are_frozen_or_killed_are_seen_at_once(
    parts: _Parts, kind: signal.Signals, part: str, words: str
) -> None:
    parts.measure(kind, {part: words})
