"""A database with plain connections to it, and the statements of the baselines."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extras import RealDictCursor

from oa_local.client import LocalApi
from oa_local.standalone_api import StandaloneDatabase, standalone_api, standalone_database

_STATEMENTS = (Path(__file__).parent / "statements.sql").read_text("utf-8")


def statement(name: str) -> str:
    """Return the statement of statements.sql with this name."""
    return _STATEMENTS.split(f"-- name: {name}\n", 1)[1].split("-- name:", 1)[0].strip()


@dataclass(frozen=True, slots=True)
class Bench:
    """A separate database."""

    database: StandaloneDatabase

    @property
    def database_url(self) -> str:
        """The URL of the database."""
        return self.database.url

    def connect(self) -> Any:
        """Return a plain connection that commits each statement."""
        connection = psycopg2.connect(self.database.url, cursor_factory=RealDictCursor)
        connection.autocommit = True
        return connection


@contextmanager
def bench_database() -> Iterator[Bench]:
    """Start Postgres in a new folder, with the API's tables."""
    with standalone_database() as database:
        yield Bench(database)


@contextmanager
def bench_api(bench: Bench) -> Iterator[tuple[LocalApi, int]]:
    """Start the API on the database and yield its client and its process ID."""
    with standalone_api(bench.database) as started:
        yield started
