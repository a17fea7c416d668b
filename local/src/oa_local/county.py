"""The first run: submits the sample county, waits for its jobs and describes the published data."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from oa_local.client import JobView, LocalApi
from oa_local.samples import SOURCE_NAME, definition, write_samples
from oa_shared.errors import OaError
from oa_shared.status import JobStatus

_TIMEOUT_S = 170.0
_SUBMITTED_FILE = "samples.json"


class SampleError(OaError):
    """The sample jobs did not end in time."""

    code = "local.samples"
    title = "The sample jobs did not end in time."


def submit_county(folder: Path, api: LocalApi, files_url: str) -> list[int]:
    """Submit the county, unless an earlier start has done so; return the ids of its jobs."""
    submitted = folder / _SUBMITTED_FILE
    if submitted.exists():
        earlier: list[int] = json.loads(submitted.read_text("utf-8"))["jobs"]
        return earlier
    write_samples(folder / "samples")
    source = {"source": definition(files_url), "source_name": SOURCE_NAME}
    run, jobs = api.submit([source], live=True)
    submitted.write_text(json.dumps({"run": run, "jobs": jobs}), "utf-8")
    return jobs


def wait_for_jobs(api: LocalApi, jobs: Sequence[int], supervise: Callable[[], object]) -> Iterator[JobView]:
    """Yield each job when it ends, and supervise the stack until then. Raises SampleError after 170 s."""
    waiting = set(jobs)
    deadline = time.monotonic() + _TIMEOUT_S
    while waiting:
        for number in sorted(waiting):
            job = _ended_job(api, number)
            if job is not None:
                waiting.discard(number)
                yield job
        if time.monotonic() > deadline:
            raise SampleError(f"{len(waiting)} of {len(jobs)} jobs are still running; see the logs")
        supervise()
        time.sleep(0.3)


def _ended_job(api: LocalApi, number: int) -> JobView | None:
    try:
        job = api.job(number)
    except OSError:
        return None
    return job if JobStatus(job["status"]).ended else None


def describe_job(job: JobView) -> str:
    """Return one line about an ended job: its features, or why it failed."""
    if job["status"] in {JobStatus.SUCCESS, JobStatus.WARN}:
        count = job["result"].get("count", 0) if job["result"] else 0
        return f"{job['source_name']} {job['layer']}: {count:,} features, {job['status']}"
    reason = f"{job['error']['code']}: {job['error']['message']}" if job["error"] else "no error"
    return f"{job['source_name']} {job['layer']}: {job['status']} ({reason})"
