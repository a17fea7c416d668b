"""The next step after a failure: hints of failure codes, and addresses of pages."""

from collections.abc import Iterable, Iterator

from oa_cli.answers import JobAnswer
from oa_cli.client import Api
from oa_cli.output import describe_error
from oa_shared.failures import FAILURES
from oa_shared.status import JobStatus

_MOST_JOBS = 10


def failure_hint(code: str) -> str:
    """Return the next step after a failure with a code, an empty text for an unknown code."""
    return FAILURES[code].hint if code in FAILURES else ""


def run_page(api: Api, run: int) -> str:
    """Return the address of the page of a run."""
    return f"{api.url}/runs/{run}"


def job_page(api: Api, job: int) -> str:
    """Return the address of the page of a job."""
    return f"{api.url}/jobs/{job}"


def next_steps(api: Api, jobs: Iterable[JobAnswer], *, with_reason: bool) -> Iterator[str]:
    """Yield for each of the first jobs that failed or need review the next step and its page.

    `with_reason` adds the failure of a job, for outputs that do not have it yet.
    """
    listed = [job for job in jobs if job["status"] in {JobStatus.FAIL, JobStatus.WARN}]
    for job in listed[:_MOST_JOBS]:
        entry = f"job {job['id']} {job['source_name']} {job['layer']}/{job['name']}"
        if job["status"] == JobStatus.WARN:
            yield f"{entry} needs review: {job_page(api, job['id'])}"
            continue
        error = job["error"]
        reason = f": {describe_error(error['code'], error['message'])}" if error and with_reason else ""
        yield f"{entry} failed{reason}"
        hint = failure_hint(error["code"]) if error else ""
        yield "  " + " ".join(filter(None, (hint, job_page(api, job["id"]))))
    if len(listed) > _MOST_JOBS:
        yield f"{len(listed) - _MOST_JOBS:,} more failed or need review: `oa job list --status Fail,Warn`"
