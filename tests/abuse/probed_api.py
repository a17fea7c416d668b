"""The API in a process of its own, with hostile rows and files, for probes: `python -m abuse.probed_api URL FILE`."""

import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from abuse.hostile_rows import JOBS, hostile_files
from abuse.page_checks import MARKUP
from oa_api.definitions.fetcher import DefinitionFetcher, FetchError
from oa_api.http.app_keys import QueuePair
from oa_local.process import Process
from oa_shared.logging import configure_logging
from oa_shared.queue import OutgoingMessage
from support.fakes.github_events import SECRET as GITHUB_SECRET
from support.fakes.memory_queue import ImpatientQueue
from support.heartbeats import report_all_parts
from support.running_api import RunningApi, running_api

_START_S = 60.0
_ERROR_LINES = ('"level": "error"', '"level": "critical"', "Traceback (most recent call last)")


class _NoNetwork(DefinitionFetcher):
    """Refuses every fetch, because requests contain real host names."""

    def __init__(self) -> None:
        super().__init__(())

    async def fetch(self, address: str) -> str:
        raise FetchError(f"no network for {address}")


@dataclass(frozen=True)
class ProbedApi:
    """A running API: its URL, its database and its process."""

    url: str
    database_url: str
    process: Process

    def errors(self) -> list[str]:
        """Return the lines of the log that report an error."""
        text = self.process.log.read_text("utf-8", "replace")
        return [line for line in text.splitlines() if any(mark in line for mark in _ERROR_LINES)]


@contextmanager
def probed_api(database_url: str, folder: Path) -> Iterator[ProbedApi]:
    """Start the API over a migrated database with hostile rows and yield it."""
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "abuse.probed_api", database_url, str(ready)]
    paths = ":".join(str(Path(__file__).parents[place] / name) for place, name in ((1, ""), (2, "tools")))
    process = Process(command, log=folder / "api.log", environ={"PYTHONPATH": paths, "NO_COLOR": "1"})
    try:
        process.start_and_wait("the API", ready.exists)
        yield ProbedApi(json.loads(ready.read_text("utf-8"))["url"], database_url, process)
    finally:
        process.stop()


async def _serve(database_url: str, ready: Path) -> None:
    configure_logging("api")
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    dead = {name: ImpatientQueue() for name in ("jobs", "results")}
    queues = {name: QueuePair(ImpatientQueue(dead_letters=dead[name]), dead[name]) for name in dead}
    settings = {
        "worker_silent_s": 1e9,
        "github_webhook_secret": GITHUB_SECRET,
        "github_repository": "openaddresses/openaddresses",
        "mail_url": "smtp://127.0.0.1:9",
    }
    async with running_api(database_url, fetcher=_NoNetwork(), queues=queues, **settings) as api:
        await _fill(api)
        temporary = ready.with_suffix(".new")
        temporary.write_text(json.dumps({"url": str(api.client.make_url("/"))}), "utf-8")
        temporary.rename(ready)
        await stopping.wait()


async def _fill(api: RunningApi) -> None:
    """Store what is not in the database: heartbeats, files and dead letters."""
    await report_all_parts(api.database)
    for job in range(1, JOBS + 1):
        for name, body in hostile_files(job).items():
            await api.storage.put_bytes(f"job/{job}/attempt-1/{name}", body, "text/html")
    for pair in api.queues.values():
        texts = (MARKUP, json.dumps({"job": 1, "attempt": 1, "text": MARKUP}), "{")
        for text in texts:
            attributes = {"reason": MARKUP, "code": MARKUP}
            await pair.dead.send_batch([OutgoingMessage(text, attributes=attributes)])


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], Path(sys.argv[2])))
