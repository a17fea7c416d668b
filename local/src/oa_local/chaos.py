"""Runs many small jobs, kills a service in the middle and counts the outcome of every job."""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import psycopg2
from rich.console import Console
from rich.table import Table

from oa_local.client import LocalApi
from oa_local.stack import Stack
from oa_shared.status import JobStatus

VICTIMS = ("api", "dispatcher", "batch", "aws", "postgres")
_COLUMNS = ("killed", "jobs", "at kill", "ended", "success", "fail", "retries", "published", "twice", "seconds", "")
_STALLED_S = 600.0
_KILL_AT = 0.3
_LATE = 0.9
_CHECK_EVERY_S = 0.5
# Messages in flight when the last job has ended must change nothing.
_SETTLE_S = 5.0
# On AWS these are minutes to an hour; a trial cannot wait that long.
SHORT_INTERVALS = {
    "OA_SWEEP_EVERY_S": "3",
    "OA_REPUBLISH_AFTER_S": "30",
    "OA_RESULT_GRACE_S": "10",
    "OA_VISIBILITY_S": "10",
    "OA_LOST_AFTER_S": "60",
    "OA_UNKNOWN_RETRY_S": "5",
    "OA_WITHOUT": "preview,tiles,parquet,profile",
}


@dataclass(slots=True)
class JobCounts:
    """Jobs by status; `published` jobs, `twice` published ones, rows of `data`, and attempts after the first."""

    statuses: Counter[str] = field(default_factory=Counter)
    published: int = 0
    twice: int = 0
    data: int = 0
    retries: int = 0

    @property
    def ended(self) -> int:
        """Return how many jobs have ended."""
        return sum(count for status, count in self.statuses.items() if JobStatus(status).ended)


@dataclass(frozen=True, slots=True)
class ChaosTrial:
    """The outcome of a trial."""

    victim: str
    jobs: int
    ended_at_kill: int
    counts: JobCounts
    seconds: float

    @property
    def is_good(self) -> bool:
        """Return whether every job ended and each successful one was published exactly once."""
        counts = self.counts
        is_published = counts.published == counts.data == counts.statuses["Success"]
        return counts.ended == self.jobs and not counts.twice and is_published

    def row(self) -> list[str]:
        """Return the row of the table."""
        counts = self.counts
        numbers = [self.jobs, self.ended_at_kill, counts.ended, counts.statuses["Success"], counts.statuses["Fail"]]
        numbers += [counts.retries, counts.published, counts.twice, round(self.seconds)]
        late = ", but the kill was late" if self.ended_at_kill > _LATE * self.jobs else ""
        return [self.victim, *map(str, numbers), f"ok{late}" if self.is_good else "LOST OR PUBLISHED TWICE"]


def run(console: Console, *, jobs: int, kill: str) -> int:
    """Run a trial for each victim and print the table; return 1 if a job was lost or published twice."""
    victims: Iterable[str] = VICTIMS if kill == "all" else [kill]
    trials = []
    for victim in victims:
        console.print(f"{jobs} jobs, killing {victim} (kill -9) …")
        with tempfile.TemporaryDirectory(prefix="oa-chaos-") as folder:
            trials.append(_trial(Path(folder), jobs=jobs, victim=victim))
        console.print(
            "  " + ", ".join(f"{name} {value}" for name, value in zip(_COLUMNS, trials[-1].row(), strict=True))
        )
    table = Table(*_COLUMNS)
    for trial in trials:
        table.add_row(*trial.row())
    console.print(table)
    return int(not all(trial.is_good for trial in trials))


def _trial(folder: Path, *, jobs: int, victim: str) -> ChaosTrial:
    stack = Stack(folder, settings=dict(SHORT_INTERVALS))
    started = time.monotonic()
    try:
        for _name in stack.start():
            pass
        _submit(stack, jobs)
        at_kill = _wait_until(stack, lambda counts: counts.ended >= _KILL_AT * jobs)
        stack.service(victim).process.kill()
        _wait_until(stack, lambda counts: counts.ended >= jobs)
        time.sleep(_SETTLE_S)
        final = _wait_until(stack, lambda _counts: True)
    finally:
        stack.stop()
    return ChaosTrial(victim, jobs, at_kill.ended, final, time.monotonic() - started)


def _submit(stack: Stack, jobs: int) -> None:
    rows = "\n".join(f"{n},Elm Street,{-99 + n / 1e4},39.7" for n in range(1, 21))
    (stack.folder / "samples" / "small.csv").write_text(f"N,S,LON,LAT\n{rows}\n", "utf-8")
    conform = {"format": "csv", "number": "N", "street": "S", "lon": "LON", "lat": "LAT"}
    data = f"{stack.files_url}/small.csv"
    entries = [
        {"name": f"n{n}", "data": data, "protocol": "http", "conform": {**conform, "size": "small"}}
        for n in range(jobs)
    ]
    definition = {"schema": 2, "coverage": {"country": "xx"}, "layers": {"addresses": entries}}
    api = LocalApi(stack.api_url, stack.secret)
    api.submit([{"source": definition, "source_name": "xx/chaos"}], live=True)


def _wait_until(stack: Stack, is_enough: Callable[[JobCounts], bool]) -> JobCounts:
    """Supervise the stack until the counts are enough or no job has ended for ten minutes; return the last counts."""
    latest, changed_at = JobCounts(), time.monotonic()
    while time.monotonic() - changed_at < _STALLED_S:
        stack.supervise()
        counts = _count(stack)
        if counts is None:
            time.sleep(_CHECK_EVERY_S)
            continue
        if counts.ended > latest.ended:
            changed_at = time.monotonic()
        latest = counts
        if is_enough(latest):
            return latest
        time.sleep(_CHECK_EVERY_S)
    return latest


def _count(stack: Stack) -> JobCounts | None:
    """Return the current counts, or None while the database does not answer."""
    by_status, publications, data, retries = (files("oa_local") / "chaos.sql").read_text("utf-8").split(";")
    try:
        with closing(psycopg2.connect(stack.database_url)) as connection, connection.cursor() as cursor:
            cursor.execute(by_status)
            statuses = Counter(dict(cursor.fetchall()))
            cursor.execute(publications)
            published, twice = cursor.fetchone() or (0, 0)
            return JobCounts(statuses, published, twice, data=_number(cursor, data), retries=_number(cursor, retries))
    except psycopg2.OperationalError:
        return None


def _number(cursor: "psycopg2.extensions.cursor", statement: str) -> int:
    cursor.execute(statement)
    return int((cursor.fetchone() or (0,))[0])
