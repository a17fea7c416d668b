"""Publishes as the service does: a job of a live run succeeds, by a message of the results queue."""

import json
from datetime import UTC, datetime
from typing import Any

from oa_api.db.database import Database, Row
from oa_api.jobs.results import apply_status
from oa_shared.messages import StatusMessage
from oa_shared.status import JobStatus
from support.running_api import RunningApi, definition

LICENSE = {"url": "https://example.org/license", "text": "CC BY 4.0", "attribution": True, "attribution name": "Town"}


def result(job: int, *, attempt: int = 1, count: int = 100, bounds: list[float] | None = None, **more: Any) -> Row:
    """Return a result with files, like a task reports it."""
    files = ("manifest.json", "source.geojson.gz", "source.parquet", "validated.geojson.gz", "changes.jsonl.gz")
    outputs = {
        name: {"key": f"job/{job}/attempt-{attempt}/{name}", "bytes": 1000 + place, "sha256": f"{job:063x}{place}"}
        for place, name in enumerate(files)
    }
    fields = {"number": count * 9 // 10, "street": count}
    about = {"count": count, "valid": count - 1, "bounds": bounds or [-122.3, 37.8, -122.2, 37.9], "fields": fields}
    return {**about, "changes": {"added": 3, "removed": 2}, "outputs": outputs, **more}


async def make_job(
    api: RunningApi, source: str = "us/ca/berkeley", name: str = "city", *, license_: Any = LICENSE, **run: Any
) -> Row:
    """Create a live run with one job of a source, with this license, and return the row of the job."""
    made = definition(name)
    made["layers"]["addresses"][0]["license"] = license_
    number = await api.run(**{"live": True, **run})
    _, answer = await api.post_jobs(number, {"source": made, "source_name": source})
    return await job_of(api.database, answer["jobs"][0])


async def publish(api: RunningApi, *job: str, makes: dict[str, Any] | None = None, **about: Any) -> Row:
    """Publish a new job of a source and return the job."""
    row = await make_job(api, *job, **about)
    reported = result(row["id"], **(makes or {}))
    assert await report_status(api.database, row, JobStatus.SUCCESS, result=reported) == "Success"
    return row


async def report_status(database: Database, job: Row, status: JobStatus, *, seq: int = 1, **extra: Any) -> str:
    """Apply a report of the attempt of a job, and return the outcome."""
    names = {"job": job["id"], "attempt": job["attempt"], "token": job["token"]}
    message = StatusMessage(**names, seq=seq, status=status, at=datetime.now(UTC), **extra)
    return await database.run(lambda transaction: apply_status(transaction, message))


async def job_of(database: Database, job: int) -> Row:
    """Return the row of a job."""
    row = await database.first("SELECT * FROM job WHERE id = %(job)s", {"job": job})
    assert row is not None
    return row


def as_text(value: Any) -> str:
    """Return canonical JSON, for comparison."""
    return json.dumps(value, sort_keys=True)
