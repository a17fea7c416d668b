"""Runs many small jobs, kills a service in the middle, and counts what became of every job."""

import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import psycopg2
from rich.console import Console
from rich.table import Table

from oa_local.client import Api
from oa_local.stack import Stack

VICTIMS = ("api", "dispatcher", "batch", "aws", "postgres")
_PATIENCE_S = 1800.0
_KILL_AT = 0.3
# on AWS minutes to an hour; a trial does not wait that long
_HASTE = {"OA_SWEEP_EVERY_S": "5", "OA_REPUBLISH_AFTER_S": "30", "OA_RESULT_GRACE_S": "15"}


def run(console: Console, *, jobs: int, kill: str) -> int:
    """Make a trial for each victim and print the table; return 1 if any job was lost or published twice."""
    victims: Iterable[str] = VICTIMS if kill == "all" else [kill]
    table = Table("killed", "jobs", "ended", "success", "fail", "published", "published twice", "seconds", "verdict")
    failed = False
    for victim in victims:
        with tempfile.TemporaryDirectory(prefix="oa-chaos-") as folder:
            row, good = _trial(Path(folder), jobs=jobs, victim=victim)
        table.add_row(*row)
        failed = failed or not good
    console.print(table)
    return int(failed)


def _trial(folder: Path, *, jobs: int, victim: str) -> tuple[list[str], bool]:
    stack = Stack(folder, settings=dict(_HASTE))
    began = time.monotonic()
    try:
        for _name in stack.start():
            pass
        _submit(stack, jobs)
        _kill_in_the_middle(stack, victim, jobs)
        statuses, published, twice = _wait(stack, jobs)
    finally:
        stack.stop()
    ended = sum(n for status, n in statuses.items() if status in {"Success", "Warn", "Fail", "Cancelled"})
    good = ended == jobs and twice == 0 and published <= jobs
    seconds = f"{time.monotonic() - began:.0f}"
    numbers = [jobs, ended, statuses["Success"], statuses["Fail"], published, twice]
    return [victim, *map(str, numbers), seconds, "ok" if good else "LOST OR DOUBLED"], good


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


def _kill_in_the_middle(stack: Stack, victim: str, jobs: int) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        stack.tend()
        statuses, _published, _twice = _count(stack)
        if statuses["Success"] + statuses["Fail"] >= _KILL_AT * jobs:
            break
        time.sleep(0.5)
    stack.service(victim).process.kill()


def _wait(stack: Stack, jobs: int) -> tuple[Counter[str], int, int]:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        stack.tend()
        counted = _count(stack)
        ended = sum(n for status, n in counted[0].items() if status in {"Success", "Warn", "Fail", "Cancelled"})
        if ended >= jobs or time.monotonic() > deadline:
            return counted
        time.sleep(0.5)


def _count(stack: Stack) -> tuple[Counter[str], int, int]:
    """Return jobs by status, jobs published, and jobs published more than once."""
    statements = (files("oa_local") / "chaos.sql").read_text("utf-8").split(";")
    try:
        with closing(psycopg2.connect(stack.database_url)) as connection, connection.cursor() as cursor:
            cursor.execute(statements[0])
            statuses = Counter(dict(cursor.fetchall()))
            cursor.execute(statements[1])
            published, twice = cursor.fetchone() or (0, 0)
    except psycopg2.OperationalError:
        return Counter(), 0, 0
    return statuses, published, twice
