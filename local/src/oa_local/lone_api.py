"""The API alone over a database of its own, without queue and dispatcher: what is posted to it never runs."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from oa_local.client import Api
from oa_local.postgres import Postgres, migrate
from oa_local.process import Process, StartError, free_port

_SECRET = "lone"  # noqa: S105 - of a server that lives for seconds, on loopback
_START_S = 60.0


@dataclass(frozen=True, slots=True)
class LoneDatabase:
    """A migrated database and the folder that goes with it."""

    folder: Path
    url: str


@contextmanager
def lone_database() -> Iterator[LoneDatabase]:
    """Start Postgres, as durable as in production, over a fresh folder."""
    with TemporaryDirectory(prefix="oa-lone-", ignore_cleanup_errors=True) as name:
        server = Postgres(Path(name) / "postgres")
        server.start()
        try:
            url = server.create("lone")
            migrate(url)
            yield LoneDatabase(Path(name), url)
        finally:
            server.stop()


@contextmanager
def lone_api(database: LoneDatabase) -> Iterator[tuple[Api, int]]:
    """Start the API and give a client and its process id.

    Nothing listens where its queues should be: an answer that comes did not wait for one. Raises StartError.
    """
    port, nowhere = free_port(), f"http://127.0.0.1:{free_port()}"
    environ = {
        "AWS_ENDPOINT_URL": nowhere,
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "OA_DATABASE_URL": database.url,
        "OA_SHARED_SECRET": _SECRET,
        "OA_BUCKET": "none",
        "OA_JOBS_QUEUE_URL": f"{nowhere}/jobs",
        "OA_RESULTS_QUEUE_URL": f"{nowhere}/results",
        "OA_PORT": str(port),
    }
    program = str(Path(sys.executable).with_name("oa-api"))
    process = Process([program], log=database.folder / "api.log", environ={**os.environ, **environ})
    process.start()
    try:
        api = Api(f"http://127.0.0.1:{port}", _SECRET)
        deadline = time.monotonic() + _START_S
        while not api.answers():
            if not process.running or time.monotonic() > deadline:
                raise StartError(f"the API did not start:\n{process.tail()}")
            time.sleep(0.1)
        yield api, process.pid
    finally:
        process.stop()
