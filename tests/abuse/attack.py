"""Hostile pull requests against a running API with a memory limit: what it takes, how long others wait, its end.

`PYTHONPATH=tests .venv/bin/python tests/abuse/attack.py` sends all of them in full size and prints the figures.
"""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.request import Request, urlopen

import psutil  # type: ignore[import-untyped]
import psycopg2

from oa_local.process import Process, free_port
from oa_local.standalone_api import StandaloneDatabase, standalone_database, standalone_environ
from support.fakes.github_events import SECRET, encode_payload, headers, pull_event
from support.fakes.github_model import APP_ID, GitHubModel
from support.fakes.github_server import GitHubServer, app_key_pem
from support.hostile_definitions import hostile_pulls

# What the service has on AWS (terraform/modules/service).
MEMORY_BYTES = 1024**3
_MIB = 1024**2
_START_S, _END_S = 60.0, 900.0
_PAUSE_S = 0.02


@dataclass
class Figures:
    """What an attack did: the peak memory of the API with its children, the slowest other request, its ends."""

    peak_bytes: int = 0
    own_peak_bytes: int = 0
    longest_s: float = 0.0
    longest_block_s: float = 0.0
    errors: list[str] = field(default_factory=list)
    is_running: bool = True
    seconds: dict[str, float] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        slowest = sorted(self.seconds.items(), key=lambda item: -item[1])[:5]
        return "\n".join(
            [
                f"pull requests                     {len(self.seconds)}, events {self.states}",
                f"peak memory, with its children    {self.peak_bytes / _MIB:.0f} MiB of {MEMORY_BYTES / _MIB:.0f}",
                f"peak memory, without them         {self.own_peak_bytes / _MIB:.0f} MiB",
                f"slowest other request             {self.longest_s * 1000:.0f} ms; failed: {len(self.errors)}",
                f"longest block of its event loop   {self.longest_block_s * 1000:.0f} ms",
                f"the process                       {'runs, not restarted' if self.is_running else 'HAS ENDED'}",
                *(f"  {seconds:6.1f} s  {name}" for name, seconds in slowest),
            ]
        )


@contextmanager
def serve_github(model: GitHubModel) -> Iterator[GitHubServer]:
    """Serve a simulated GitHub in a thread of its own."""
    server, is_up, loop = GitHubServer(model), threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with server.serve():
            is_up.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    if not is_up.wait(_START_S):
        raise TimeoutError("GitHub did not start")
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_START_S)
        loop.close()


@contextmanager
def limited_api(database: StandaloneDatabase, github: GitHubServer) -> Iterator[tuple[str, Process]]:
    """Start the API with a limit on its data, and yield its address and process."""
    port = free_port()
    environ = {
        **standalone_environ(database, port),
        "OA_ALLOW_HOSTS": "127.0.0.1",
        "OA_GITHUB_API_URL": github.url,
        "OA_GITHUB_REPOSITORY": github.model.name,
        "OA_GITHUB_APP_ID": APP_ID,
        "OA_GITHUB_PRIVATE_KEY": app_key_pem(),
        "OA_GITHUB_WEBHOOK_SECRET": SECRET,
        **{f"OA_{worker}": "false" for worker in ("RELAY", "CONSUMER", "SWEEP")},
    }
    program = Path(sys.executable).with_name("oa-api")
    command = ["sh", "-c", f"ulimit -d {MEMORY_BYTES // 1024}; exec {program}"]
    process = Process(command, log=database.folder / "api.log", environ={**os.environ, **environ})
    address = f"http://127.0.0.1:{port}"
    try:
        process.start_and_wait("the API", lambda: _answers(address))
        yield address, process
    finally:
        process.stop()


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/api/run?limit=1", timeout=60) as response:  # noqa: S310 - loopback
            return int(response.status) == 200
    except OSError:
        return False


def _longest_block_s(address: str) -> float:
    with urlopen(f"{address}/metrics", timeout=60) as response:  # noqa: S310 - loopback
        lines = response.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("oa_loop_longest_block_seconds"))


class Watch:
    """Measures the API while it is attacked: its memory, and how long another request takes."""

    def __init__(self, address: str, pid: int, figures: Figures) -> None:
        self._address, self._process, self._figures = address, psutil.Process(pid), figures
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._visit), threading.Thread(target=self._weigh)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _visit(self) -> None:
        while not self._stop.wait(_PAUSE_S):
            started = time.perf_counter()
            if not _answers(self._address):
                self._figures.errors.append(f"no answer after {time.perf_counter() - started:.1f} s")
            self._figures.longest_s = max(self._figures.longest_s, time.perf_counter() - started)

    def _weigh(self) -> None:
        while not self._stop.wait(_PAUSE_S):
            own_bytes = _resident_bytes(self._process)
            all_bytes = own_bytes + sum(map(_resident_bytes, self._children()))
            self._figures.own_peak_bytes = max(self._figures.own_peak_bytes, own_bytes)
            self._figures.peak_bytes = max(self._figures.peak_bytes, all_bytes)

    def _children(self) -> list[psutil.Process]:
        try:
            return list(self._process.children(recursive=True))
        except psutil.NoSuchProcess:
            return []


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def attack(*, scale: float, files: int) -> Figures:
    """Open all hostile pull requests one after the other, and return what they did."""
    figures, model = Figures(), GitHubModel()
    model.commit({"README.md": "Sources"}, to_branch=True)
    with (
        standalone_database() as database,
        serve_github(model) as github,
        limited_api(database, github) as (address, process),
        Watch(address, process.pid, figures),
    ):
        for name, changes in hostile_pulls(scale, files=files):
            started = time.monotonic()
            number = model.open_pull(model.commit({**changes}), author=name)
            _send(address, pull_event(model, number, "opened"))
            _await_end(database.url)
            figures.seconds[name] = time.monotonic() - started
        figures.states = _states(database.url)
        figures.longest_block_s = _longest_block_s(address)
        figures.is_running = process.running
    return figures


def _send(address: str, payload: dict[str, object]) -> None:
    body = encode_payload(payload)
    request = Request(f"{address}/api/github/event", data=body, headers=headers("pull_request", body))  # noqa: S310
    with urlopen(request, timeout=60):  # noqa: S310 - loopback
        pass


def _states(database_url: str) -> dict[str, int]:
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT state, count(*) FROM github_delivery GROUP BY state")
        return dict(cursor.fetchall())


def _await_end(database_url: str) -> None:
    deadline = time.monotonic() + _END_S
    while _states(database_url).get("waiting"):
        if time.monotonic() > deadline:
            raise TimeoutError("an event was not processed")
        time.sleep(0.05)


if __name__ == "__main__":
    print(attack(scale=1, files=500))
