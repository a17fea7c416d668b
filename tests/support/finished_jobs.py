"""Ended jobs of a running API, reported by simulated tasks."""

from datetime import UTC, datetime
from typing import Any

from oa_api.jobs.results import apply_status
from oa_shared.messages import StatusMessage
from oa_shared.status import JobStatus
from support.running_api import INTERNAL, RunningApi, definition

GOOD: dict[str, Any] = {"count": 100, "valid": 100, "fields": {"number": 100, "street": 100}, "bounds": [1, 1, 2, 2]}


async def make_jobs(api: RunningApi, *names: str, live: bool = True, layer: str = "addresses") -> list[int]:
    """Create a run with a job for each source name, and return the IDs of the jobs."""
    body = definition("city")
    body["layers"] = {layer: body["layers"]["addresses"]}
    run = await api.run(live=live)
    _, answer = await api.post_jobs(run, *({"source": body, "source_name": name} for name in names))
    return list(answer["jobs"])


async def report_status(api: RunningApi, job: int, status: JobStatus, **extra: Any) -> str:
    """Report a status of a job's current attempt."""
    row = await api.database.first("SELECT attempt, token FROM job WHERE id = %(job)s", {"job": job})
    counted = await api.database.first("SELECT count(*) AS reports FROM inbox WHERE job_id = %(job)s", {"job": job})
    message = StatusMessage(
        job=job,
        attempt=row["attempt"] if row else 0,
        token=row["token"] if row else "",
        seq=counted["reports"] + 1 if counted else 0,
        status=status,
        at=datetime.now(UTC),
        **extra,
    )
    return await api.database.run(lambda transaction: apply_status(transaction, message))


async def succeed(api: RunningApi, job: int, **result: Any) -> str:
    """Report success of a job, with files below its own prefix."""
    row = await api.database.first("SELECT attempt FROM job WHERE id = %(job)s", {"job": job})
    key = f"job/{job}/attempt-{row['attempt'] if row else 0}/source.geojson.gz"
    outputs = {"source.geojson.gz": {"key": key, "bytes": 1000, "sha256": "0" * 64}}
    await report_status(api, job, JobStatus.RUNNING)
    return await report_status(api, job, JobStatus.SUCCESS, result={**GOOD, "outputs": outputs, **result})


async def fail(api: RunningApi, job: int, code: str = "source.not_found", message: str = "gone") -> str:
    """Report failure of a job."""
    return await report_status(api, job, JobStatus.FAIL, error={"code": code, "message": message})


async def post(api: RunningApi, path: str, **body: Any) -> Any:
    """Post with the shared secret and return the JSON response."""
    response = await api.client.post(path, json=body, headers=INTERNAL)
    return await response.json()
