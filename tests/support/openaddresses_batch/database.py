"""A database of openaddresses/batch with a history that a seed makes up."""

import json
import random
import struct
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extras import execute_values

_SCHEMA = Path(__file__).with_name("schema.sql")
_START = datetime(2023, 1, 2, 3, 4, 5)  # noqa: DTZ001 - their times have no zone
JOBS_OF_A_RUN = 50
LAYERS = ("addresses", "addresses", "addresses", "parcels", "buildings", "centerlines")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
_JOB = (
    "id, size, license, run, created, source, source_name, layer, name, output, loglink, status, stats, count, bounds, "
    "version"
)


@dataclass
class TheirWorld:
    """What the generator made up, for comparisons: published jobs by dataset ID, and rows by table."""

    published: dict[int, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)


def polygon(west: float, south: float, east: float, north: float) -> str:
    """Return a rectangle as PostGIS prints it: little-endian, with SRID 4326."""
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    head = struct.pack("<BIIII", 1, 3 | 0x20000000, 4326, 1, len(ring))
    return (head + b"".join(struct.pack("<dd", *point) for point in ring)).hex().upper()


def create_tables(url: str) -> None:
    """Create the tables in an empty database."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(_SCHEMA.read_text("utf-8"))


def insert(url: str, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows; lists and dictionaries are written as JSON."""
    values = [[json.dumps(cell) if isinstance(cell, dict | list) else cell for cell in row] for row in rows]
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        execute_values(cursor, f"INSERT INTO {table} ({columns}) VALUES %s", values, page_size=1000)  # noqa: S608 - no input


def insert_jobs(url: str, rows: Iterable[Sequence[Any]]) -> None:
    """Insert jobs with the columns of `job_row`."""
    insert(url, "job", _JOB, rows)


def job_row(
    job: int, run: int, source: str, layer: str, name: str, *, status: str = "Success", url: str = "", **changes: Any
) -> list[Any]:
    """Return a job with its counts and files; `changes` replace columns."""
    is_good = status in {"Success", "Warn"}
    west = (job % 300) - 150.0
    counts = {"number": 9, "street": 10} if layer == "addresses" else {}
    row = {
        "id": job,
        "size": 1000 + job if is_good else None,
        "license": json.dumps({"text": "CC-BY 4.0", "attribution name": f"City {job % 7}"})
        if job % 4 == 0
        else "false",
        "run": run,
        "created": _START + timedelta(minutes=job),
        "source": url
        or f"https://raw.githubusercontent.com/openaddresses/openaddresses/{COMMIT}/sources/{source}.json",
        "source_name": source,
        "layer": layer,
        "name": name,
        "output": {"cache": True, "output": is_good, "preview": is_good, "validated": layer == "addresses" and is_good},
        "loglink": f"batch/default/{job}" if job % 3 else None,
        "status": status,
        "stats": {"counts": counts, "validity": {"valid": 8, "failures": {"number": 2}}} if is_good else {},
        "count": 10 if is_good else None,
        "bounds": polygon(west, 10, west + 1, 11) if is_good else None,
        "version": "9.1.0",
    }
    return list({**row, **changes}.values())


def make_world(url: str, *, datasets: int, rounds: int, seed: int = 1) -> TheirWorld:
    """Fill an empty database: `rounds` weekly runs over all datasets, pull requests, accounts, tokens, collections."""
    create_tables(url)
    chance, world = random.Random(seed), TheirWorld()  # noqa: S311 - made-up rows
    names = [
        (f"us/{chance.choice('abcdefghij')}{n % 97}/place-{n}", LAYERS[n % len(LAYERS)], f"name {n % 3}")
        for n in range(datasets)
    ]
    runs: list[Sequence[Any]] = []
    jobs: list[list[Any]] = []
    published: dict[int, int] = {}
    problems: list[Sequence[Any]] = []
    for _ in range(rounds):
        for place, (source, layer, name) in enumerate(names):
            if place % JOBS_OF_A_RUN == 0:
                runs.append((len(runs) + 1, True, _START + timedelta(minutes=len(jobs)), {}, True))
            status = chance.choices(["Success", "Fail", "Warn", "Pending"], [90, 7, 2, 1])[0]
            job = len(jobs) + 1
            jobs.append(job_row(job, len(runs), source, layer, name, status=status))
            if status == "Success":
                published[place + 1] = job
            elif status in {"Fail", "Warn"}:
                problems.append(
                    (job, "machine failed to process source" if status == "Fail" else "Feature count dropped by 3")
                )
    runs.append((len(runs) + 1, False, _START, {"ref": "refs/heads/fix", "sha": COMMIT, "check": 5}, True))
    jobs.append(job_row(len(jobs) + 1, len(runs), "us/new/pull", "addresses", "city"))
    insert(url, "runs", "id, live, created, github, closed", runs)
    insert_jobs(url, jobs)
    insert(url, "job_errors", "job, message", problems)
    rows = [
        (key, names[key - 1][0], _START, names[key - 1][1], names[key - 1][2], job) for key, job in published.items()
    ]
    insert(url, "results", "id, source, updated, layer, name, job", rows)
    world.published = published
    world.tokens = _insert_people(url)
    insert(
        url,
        "collections",
        "id, size, name, sources, created, human",
        [(1, 5000, "global", ["**"], _START, "Global"), (4, None, "us-a", ["us/a1/**", "us/b2/*"], _START, None)],
    )
    world.counts = {
        "account": 4,
        "token": len(world.tokens),
        "run": len(runs),
        "job": len(jobs),
        "data": len(rows),
        "collection": 2,
    }
    return world


def _insert_people(url: str) -> dict[str, int]:
    """Insert accounts and tokens; return the tokens with their accounts."""
    users = [
        (1, "admin", {}, "ada", "ada@example.org", "$2b$10$x", True),
        (2, "user", {"upload": True}, "bob", "bob@example.org", "$2b$10$x", True),
        (3, "user", {}, "eve smith", "eve@example.org", "$2b$10$x", False),
        (9, "user", {}, "zoe", "zoe@example.org", "$2b$10$x", True),
    ]
    insert(url, "users", "id, access, flags, username, email, password, validated", users)
    tokens = {f"oa.{digit * 64}": account for digit, account in (("a", 1), ("b", 2), ("c", 9))}
    rows = [(place, "laptop", token, _START, account) for place, (token, account) in enumerate(tokens.items(), start=1)]
    insert(url, "users_tokens", "id, name, token, created, uid", rows)
    return tokens
