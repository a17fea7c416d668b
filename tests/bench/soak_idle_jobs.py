"""The whole system with 20,000 idle jobs: do memory, descriptors, connections and tables stay as they are?

`make bench ONLY=soak`; OA_SOAK_S is the duration in seconds (300). The intervals of the sweeps are short, so that each
minute has as many rounds as ten minutes of a deployment.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg2
from report import Figure, console, show
from server import statement

from oa_local.stack import Stack

JOBS = 20_000
_SECONDS = float(os.environ.get("OA_SOAK_S", "300"))
_EVERY_S, _WARM_UP_S = 5.0, 30.0
_MIB = 1024**2
# What the last third of the time may have more than the first, in addition to this share: the noise of an allocator.
_SHARE = 0.05
_ROOM = {"MiB": 4.0, "descriptors": 4.0, "threads": 4.0, "connections": 4.0, "KiB": 64.0}
_SETTINGS = {"OA_SWEEP_EVERY_S": "3", "OA_LOST_AFTER_S": "1e9", "OA_REPUBLISH_AFTER_S": "1e9"}
_SERVICES = ("api", "dispatcher", "batch", "aws")
_CONNECTIONS = "SELECT application_name, count(*) FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1"
_TABLES = """
SELECT relname, pg_total_relation_size(oid) / 1024 FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
# A sample: the value of each thing by its name and unit.
Sample = dict[tuple[str, str], float]


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Start the system in a folder of its own, and kill it at the end."""
    with tempfile.TemporaryDirectory(prefix="oa-soak-", ignore_cleanup_errors=True) as name:
        stack = Stack(Path(name), settings=dict(_SETTINGS))
        try:
            for _ in stack.start():
                pass
            yield stack
        finally:
            for service in reversed(stack.services):
                service.process.stop(timeout_s=0)


def take_sample(stack: Stack, cursor: Any) -> Sample:
    """Return the memory, descriptors and threads of each process, the connections, and the size of each table."""
    sample: Sample = {}
    for name in _SERVICES:
        process = psutil.Process(stack.service(name).process.pid)
        sample[name, "MiB"] = process.memory_info().rss / _MIB
        sample[name, "descriptors"] = process.num_fds()
        sample[name, "threads"] = process.num_threads()
    for statement_text, unit in ((_CONNECTIONS, "connections"), (_TABLES, "KiB")):
        cursor.execute(statement_text)
        sample |= {(name, unit): float(value) for name, value in cursor.fetchall()}
    return sample


def compare(samples: list[Sample]) -> tuple[list[Figure], list[str]]:
    """Return a row for each thing with its median at the start and at the end, and the names of what grew."""
    third = len(samples) // 3
    figures, grown = [], []
    for name, unit in sorted({key for sample in samples for key in sample}, key=lambda key: (key[1], key[0])):
        first, last = (
            median(sample.get((name, unit), 0) for sample in part) for part in (samples[:third], samples[-third:])
        )
        is_flat = last <= first * (1 + _SHARE) + _ROOM[unit]
        if not is_flat:
            grown.append(f"{name} {unit}")
        verdict = "flat" if is_flat else "NOT FLAT"
        figures.append(Figure(f"{name}, {unit}", f"{last:,.1f} {verdict}", f"{first:,.1f}", "the first third"))
    return figures, grown


def main() -> int:
    """Fill, wait, measure, print; return 1 if anything grew."""
    with running_stack() as stack, closing(psycopg2.connect(stack.database_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement("fill_idle"), {"jobs": JOBS, "token": "0" * 32})
            time.sleep(_WARM_UP_S)
            samples, started = [], time.monotonic()
            while time.monotonic() - started < _SECONDS:
                samples.append(take_sample(stack, cursor))
                time.sleep(_EVERY_S)
            cursor.execute("SELECT count(*) FROM job WHERE status = 'Submitted'")
            ((idle,),) = cursor.fetchall()
        sweeps = stack.service("dispatcher").process.log.read_text("utf-8").count('"batch_swept"')
    figures, grown = compare(samples)
    show(f"{idle:,} idle jobs for {_SECONDS:.0f} s, {len(samples)} samples, {sweeps} sweeps of Batch", figures)
    console.print(f"NOT FLAT: {', '.join(grown)}" if grown else "flat: memory, descriptors, connections, tables")
    return int(bool(grown) or idle != JOBS)


if __name__ == "__main__":
    raise SystemExit(main())
