"""Steps that the flows of the check have in common."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import psycopg2

from oa_local.client import JobView
from oa_local.samples import SOURCE_NAME
from oa_shared.json_types import JsonMapping
from oa_shared.status import JobStatus
from oa_tools.deployment.system import DeployedSystem, DeployedSystemError

_TIMEOUT_S = 150.0


def run_job(system: DeployedSystem, source: JsonMapping) -> tuple[int, JobView]:
    """Run the addresses of a definition to their end in a live run."""
    number = submit_job(system, source)
    return number, wait_for_success(system, number)


def submit_job(system: DeployedSystem, source: JsonMapping) -> int:
    """Create a live run with the addresses of a definition, and return the ID of the job."""
    job = {"source": source, "source_name": SOURCE_NAME, "layer": "addresses", "name": "county"}
    _, (number,) = system.api().submit([job], live=True)
    return number


def wait_for_success(system: DeployedSystem, number: int) -> JobView:
    """Return a job that has succeeded. Raises DeployedSystemError."""
    job = wait_for_job(system, number)
    if job["status"] != JobStatus.SUCCESS:
        raise DeployedSystemError(f"job {number} ended as {job['status']}: {json.dumps(job['error'])}")
    return job


def wait_for_job(system: DeployedSystem, number: int) -> JobView:
    """Return a job that has ended."""
    api = system.api()
    job: JobView = wait_until(
        system, f"job {number}", lambda: api.job(number), lambda found: JobStatus(found["status"]).ended
    )
    return job


def wait_until(
    system: DeployedSystem,
    name: str,
    read: Callable[[], Any],
    has_ended: Callable[[Any], bool],
    *,
    within_s: float = _TIMEOUT_S,
) -> Any:
    """Read until something has ended. Raises DeployedSystemError when that takes too long."""
    deadline = time.monotonic() + within_s
    while not has_ended(found := read()):
        system.check_processes()
        if time.monotonic() > deadline:
            raise DeployedSystemError(f"{name} has not ended after {within_s:g} s: {json.dumps(found)[:2000]}")
        time.sleep(0.5)
    return found


def download(system: DeployedSystem, path: str) -> int:
    """Download a file, to whose link in the bucket the API redirects, and return its size."""
    bucket = system.outputs["bucket"]
    try:
        with urlopen(system.api_url + path, timeout=60) as answer:  # noqa: S310 - the deployed API
            size_bytes, url = len(answer.read()), urlsplit(answer.url)
    except HTTPError as error:
        text = error.read().decode("utf-8", "replace")
        raise DeployedSystemError(f"{path} is refused at {error.url.partition('?')[0]}: {error.code} {text}") from error
    if url.port != system.account.port or bucket not in url.path:
        raise DeployedSystemError(f"the file came from {url.geturl()}, not from the bucket")
    return size_bytes


def execute(system: DeployedSystem, statement: str, values: Sequence[object]) -> None:
    """Change rows of the database directly: no flow can wait for days, or kill a process at a certain instruction."""
    database = urlsplit(system.read("api").environ["OA_DATABASE_URL"]).path[1:]
    url = system.postgres.url(database)
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement, tuple(values))
