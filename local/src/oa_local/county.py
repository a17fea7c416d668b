"""The first run: submits the made-up county, waits for it, and says in words what was published."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from oa_local.client import Api
from oa_local.samples import SOURCE_NAME, definition, write_samples
from oa_shared.errors import OaError
from oa_shared.status import JobStatus

_PATIENCE_S = 170.0
_MEMORY = "samples.json"


class SampleError(OaError):
    """The sample sources did not end in time."""

    code = "local.samples"
    title = "The sample sources did not end."


def submit_county(folder: Path, api: Api, files_url: str) -> list[int]:
    """Submit the county unless that was done before; return its jobs' ids."""
    memory = folder / _MEMORY
    if memory.exists():
        known: list[int] = json.loads(memory.read_text("utf-8"))["jobs"]
        return known
    write_samples(folder / "samples")
    source = {"source": definition(files_url), "source_name": SOURCE_NAME}
    run, jobs = api.submit([source], live=True)
    memory.write_text(json.dumps({"run": run, "jobs": jobs}), "utf-8")
    return jobs


def follow(api: Api, jobs: list[int], tend: Callable[[], object]) -> Iterator[dict[str, Any]]:
    """Give each job as it ends, tending the stack meanwhile; raises SampleError after 170 s."""
    waiting = set(jobs)
    deadline = time.monotonic() + _PATIENCE_S
    while waiting:
        for number in sorted(waiting):
            job = _ended(api, number)
            if job is not None:
                waiting.discard(number)
                yield job
        if time.monotonic() > deadline:
            raise SampleError(f"{len(waiting)} of {len(jobs)} still run; see .local/log")
        tend()
        time.sleep(0.3)


def _ended(api: Api, number: int) -> dict[str, Any] | None:
    try:
        job = api.job(number)
    except OSError:
        return None
    return job if JobStatus(job["status"]).ended else None


def words(job: dict[str, Any]) -> str:
    """Return one line for a person about a job that ended."""
    result = job.get("result") or {}
    if job["status"] in {JobStatus.SUCCESS, JobStatus.WARN}:
        return f"{job['source_name']} {job['layer']}: {result.get('count', 0):,} features, {job['status']}"
    error = job.get("error") or {}
    why = f"{error.get('code')}: {error.get('message')}"
    return f"{job['source_name']} {job['layer']}: {job['status']} ({why})"
