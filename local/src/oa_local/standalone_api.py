"""The API alone with its own database, without queues and dispatcher: its jobs never run."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from oa_local.client import LocalApi
from oa_local.postgres import Postgres, migrate
from oa_local.process import Process, free_port

_SECRET = "standalone"  # noqa: S105 - of a short-lived server on loopback


@dataclass(frozen=True, slots=True)
class StandaloneDatabase:
    """A migrated database and its folder."""

    folder: Path
    url: str


@contextmanager
def standalone_database() -> Iterator[StandaloneDatabase]:
    """Start Postgres with the durability of production in an empty folder."""
    with TemporaryDirectory(prefix="oa-standalone-", ignore_cleanup_errors=True) as name:
        server = Postgres(Path(name) / "postgres")
        try:
            server.start()
            url = server.create("standalone")
            migrate(url)
            yield StandaloneDatabase(Path(name), url)
        finally:
            server.stop()


def standalone_environ(database: StandaloneDatabase, port: int) -> dict[str, str]:
    """Return the environment of an API on a port, with queues and a bucket that do not exist."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    return {
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


@contextmanager
def standalone_api(
    database: StandaloneDatabase, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[LocalApi, int]]:
    """Start the API, with more settings if given, and yield a client and the process id.

    Its queues do not exist, so no answer waits for one. Raises StartError.
    """
    port = free_port()
    environ = standalone_environ(database, port)
    program = str(Path(sys.executable).with_name("oa-api"))
    process = Process([program], log=database.folder / "api.log", environ={**os.environ, **environ, **(settings or {})})
    try:
        api = LocalApi(f"http://127.0.0.1:{port}", _SECRET)
        process.start_and_wait("the API", api.answers)
        yield api, process.pid
    finally:
        process.stop()
