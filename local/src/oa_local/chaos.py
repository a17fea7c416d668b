"""Runs many small jobs, kills a service in the middle, and counts what became of every job."""

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

from oa_local.client import Api
from oa_local.stack import Stack
from oa_shared.status import JobStatus

VICTIMS = ("api", "dispatcher", "batch", "aws", "postgres")
_COLUMNS = ("killed", "jobs", "at kill", "ended", "success", "fail", "retries", "published", "twice", "seconds", "")
_SILENCE_S = 600.0
_KILL_AT = 0.3
_LATE = 0.9
_LOOK_EVERY_S = 0.5
# what is still on its way when the last job has ended must change nothing
_AFTERMATH_S = 5.0
# on AWS minutes to an hour; a trial does not wait that long
HASTE = {
    "OA_SWEEP_EVERY_S": "3",
    "OA_REPUBLISH_AFTER_S": "30",
    "OA_RESULT_GRACE_S": "10",
    "OA_VISIBILITY_S": "10",
    "OA_LOST_AFTER_S": "60",
    "OA_UNKNOWN_RETRY_S": "5",
    "OA_WITHOUT": "preview,tiles,parquet,profile",
}


@dataclass(slots=True)
class Tally:
    """Jobs by status; jobs that were published, more than once, and stand in the table of data; further attempts."""

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
class Trial:
    """What a trial showed."""

    victim: str
    jobs: int
    ended_at_kill: int
    tally: Tally
    seconds: float

    @property
    def is_good(self) -> bool:
        """Return whether every job ended, and each that succeeded was published exactly once."""
        told = self.tally
        return told.ended == self.jobs and not told.twice and told.published == told.data == told.statuses["Success"]

    def row(self) -> list[str]:
        """Return the line of the table."""
        told = self.tally
        numbers = [self.jobs, self.ended_at_kill, told.ended, told.statuses["Success"], told.statuses["Fail"]]
        numbers += [told.retries, told.published, told.twice, round(self.seconds)]
        late = ", but the kill came late" if self.ended_at_kill > _LATE * self.jobs else ""
        return [self.victim, *map(str, numbers), f"ok{late}" if self.is_good else "LOST OR DOUBLED"]


def run(console: Console, *, jobs: int, kill: str) -> int:
    """Make a trial for each victim and print the table; return 1 if any job was lost or published twice."""
    victims: Iterable[str] = VICTIMS if kill == "all" else [kill]
    trials = []
    for victim in victims:
        console.print(f"{jobs} jobs, then kill -9 of {victim} …")
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


def _trial(folder: Path, *, jobs: int, victim: str) -> Trial:
    stack = Stack(folder, settings=dict(HASTE))
    began = time.monotonic()
    try:
        for _name in stack.start():
            pass
        _submit(stack, jobs)
        at_kill = _watch(stack, lambda tally: tally.ended >= _KILL_AT * jobs)
        stack.service(victim).process.kill()
        _watch(stack, lambda tally: tally.ended >= jobs)
        time.sleep(_AFTERMATH_S)
        told = _watch(stack, lambda _tally: True)
    finally:
        stack.stop()
    return Trial(victim, jobs, at_kill.ended, told, time.monotonic() - began)


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
    api = Api(stack.api_url, stack.secret)
    api.submit([{"source": definition, "source_name": "xx/chaos"}], live=True)


def _watch(stack: Stack, is_enough: Callable[[Tally], bool]) -> Tally:
    """Tend the stack until the tally is enough, or nothing has ended for ten minutes; return the last tally."""
    told, heard_at = Tally(), time.monotonic()
    while time.monotonic() - heard_at < _SILENCE_S:
        stack.tend()
        counted = _count(stack)
        if counted is None:
            time.sleep(_LOOK_EVERY_S)
            continue
        if counted.ended > told.ended:
            heard_at = time.monotonic()
        told = counted
        if is_enough(told):
            return told
        time.sleep(_LOOK_EVERY_S)
    return told


def _count(stack: Stack) -> Tally | None:
    """Return the tally of this moment, or None while the database does not answer."""
    by_status, publications, data, retries = (files("oa_local") / "chaos.sql").read_text("utf-8").split(";")
    try:
        with closing(psycopg2.connect(stack.database_url)) as connection, connection.cursor() as cursor:
            cursor.execute(by_status)
            statuses = Counter(dict(cursor.fetchall()))
            cursor.execute(publications)
            published, twice = cursor.fetchone() or (0, 0)
            return Tally(statuses, published, twice, data=_number(cursor, data), retries=_number(cursor, retries))
    except psycopg2.OperationalError:
        return None


def _number(cursor: "psycopg2.extensions.cursor", statement: str) -> int:
    cursor.execute(statement)
    return int((cursor.fetchone() or (0,))[0])
