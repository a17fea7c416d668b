"""1,000 open event streams in one process: their cost, completeness and latency."""

import asyncio
import time
from contextlib import closing
from typing import Any

import psutil  # type: ignore[import-untyped]
from report import Figure, p50_p99_ms, show
from server import Bench, bench_api, bench_database, statement
from yarl import URL

STREAMS, EVENTS = 1000, 300
EVERY_S = 0.05
_AT_ONCE = 50
_HEARD_WITHIN_S = 60
_MB = 1_000_000


class Listener:
    """One open stream, read at minimum cost: the ID and the arrival time of each event."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.received: list[tuple[str, float]] = []

    async def listen(self) -> None:
        """Read until all events have arrived."""
        event = ""
        while len(self.received) < EVENTS:
            line = await self.reader.readline()
            if not line:
                return
            if line.startswith(b"id: "):
                event = line[4:].decode().strip()
            elif line == b"event: job\n":
                self.received.append((event, time.time()))


async def open_streams(url: str) -> list[Listener]:
    """Open all streams, a limited number at a time, and wait for the first event of each."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one() -> Listener:
        async with slots:
            place = URL(url)
            reader, writer = await asyncio.open_connection(place.host, place.port)
            writer.write(b"GET /api/events HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n")
            status = await reader.readline()
            if b" 200 " not in status:
                raise SystemExit(f"a stream got the status {status!r}")
            while not (await reader.readline()).startswith(b"id: "):
                pass
            return Listener(reader, writer)

    return await asyncio.gather(*(one() for _ in range(STREAMS)))


async def write_events(cursor: Any) -> dict[str, float]:
    """Write events, one per transaction, and return the time of each by its ID."""
    written: dict[str, float] = {}
    for number in range(EVENTS):
        cursor.execute(statement("announce"), {"job": 1 + number % 100})
        written[cursor.fetchone()["event"]] = time.time()
        await asyncio.sleep(EVERY_S)
    return written


async def measure(bench: Bench, url: str, pid: int) -> list[Figure]:
    """Return the cost of 1,000 streams and their latency."""
    api = psutil.Process(pid)
    with closing(bench.connect()) as connection, connection.cursor() as cursor:
        await asyncio.to_thread(lambda: [cursor.execute("SELECT 1") for _ in range(3)])
        before = api.memory_info().rss
        listeners = await open_streams(url)
        opened = api.memory_info().rss
        used_before = sum(api.cpu_times()[:2])
        listening = [asyncio.create_task(listener.listen()) for listener in listeners]
        written = await write_events(cursor)
        _, late = await asyncio.wait(listening, timeout=_HEARD_WITHIN_S)
        for task in late:
            task.cancel()
        used_s = sum(api.cpu_times()[:2]) - used_before
        at_work = api.memory_info().rss
    in_order = list(written)
    right = sum([event for event, _ in listener.received] == in_order for listener in listeners)
    late_s = [when - written[event] for listener in listeners for event, when in listener.received if event in written]
    for listener in listeners:
        listener.writer.close()
    return [
        Figure("streams that received every event once, in order", f"{right:,} of {STREAMS:,}"),
        Figure("memory of the API", f"{at_work / _MB:.0f} MB", f"{before / _MB:.0f} MB", "before the streams"),
        Figure("memory of the streams, open", f"{(opened - before) / _MB:.1f} MB", "100 MB", "the goal"),
        Figure("memory of the streams, at work", f"{(at_work - before) / _MB:.1f} MB"),
        Figure(f"an event received, p50 / p99 of {len(late_s):,}", p50_p99_ms(late_s)),
        Figure("CPU of the API for an event written to all", f"{used_s / EVENTS * 1000:.1f} ms"),
    ]


def main() -> None:
    with bench_database() as bench:
        with closing(bench.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(statement("fill_runs"), {"runs": 10})
            cursor.execute(statement("fill_jobs"), {"jobs": 100, "runs": 10})
        with bench_api(bench) as (api, pid):
            figures = asyncio.run(measure(bench, api.url, pid))
    show(f"{STREAMS:,} streams of events in one process, {EVENTS} events, one every {EVERY_S * 1000:.0f} ms", figures)


if __name__ == "__main__":
    main()
