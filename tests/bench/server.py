"""A migrated Postgres, durable as in production, and the API as a process of its own."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg2
from psycopg2.extras import RealDictCursor

from oa_local.client import Api
from oa_local.postgres import Postgres, migrate
from oa_local.process import Process, free_port

SECRET = "bench"
_START_S = 30.0
_STATEMENTS = (Path(__file__).parent / "statements.sql").read_text("utf-8")


def statement(name: str) -> str:
    """Return a statement of statements.sql by its name."""
    return _STATEMENTS.split(f"-- name: {name}\n", 1)[1].split("-- name:", 1)[0].strip()


@dataclass(frozen=True, slots=True)
class Bench:
    """A folder and a database in it."""

    folder: Path
    database_url: str

    def connect(self) -> Any:
        """Return a plain connection that commits each statement."""
        connection = psycopg2.connect(self.database_url, cursor_factory=RealDictCursor)
        connection.autocommit = True
        return connection


@contextmanager
def bench_database() -> Iterator[Bench]:
    """Start Postgres over a fresh folder, with the API's tables."""
    with TemporaryDirectory(prefix="oa-bench-") as name:
        folder = Path(name)
        server = Postgres(folder / "postgres")
        server.start()
        try:
            url = server.create("bench")
            migrate(url)
            yield Bench(folder, url)
        finally:
            server.stop()


@contextmanager
def bench_api(bench: Bench, **settings: str) -> Iterator[tuple[Api, int]]:
    """Start the API and give its client and its process id.

    Nothing listens where its queues should be: an answer that comes did not wait for one.
    """
    port, nowhere = free_port(), f"http://127.0.0.1:{free_port()}"
    environ = {
        "AWS_ENDPOINT_URL": nowhere,
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "OA_DATABASE_URL": bench.database_url,
        "OA_SHARED_SECRET": SECRET,
        "OA_BUCKET": "bench",
        "OA_JOBS_QUEUE_URL": f"{nowhere}/jobs",
        "OA_RESULTS_QUEUE_URL": f"{nowhere}/results",
        "OA_PORT": str(port),
        **settings,
    }
    program = str(Path(sys.executable).with_name("oa-api"))
    process = Process([program], log=bench.folder / "api.log", environ={**os.environ, **environ})
    process.start()
    try:
        api = Api(f"http://127.0.0.1:{port}", SECRET)
        deadline = time.monotonic() + _START_S
        while not api.answers():
            if not process.running or time.monotonic() > deadline:
                sys.exit(f"the API did not start:\n{process.tail()}")
            time.sleep(0.1)
        yield api, process.pid
    finally:
        process.stop()
