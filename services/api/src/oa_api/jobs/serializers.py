"""From rows of the database to what the schemas of answers dump."""

from typing import Any

from oa_api.db.database import Row
from oa_api.jobs import schemas
from oa_shared.status import JobStatus

_RUN, _JOB, _JOB_DETAIL = schemas.RunSchema(), schemas.JobSchema(), schemas.JobDetailSchema()


def serialize_run(row: Row) -> Any:
    """Return a run with its counts in every status."""
    counts = {str(status): row["counts"].get(status, 0) for status in JobStatus}
    counts["total"] = sum(row["counts"].values())
    return _RUN.dump({**row, "closed": row["closed_at"] is not None, "jobs": counts})


def serialize_job(row: Row, *, trusted: bool = False) -> Any:
    """Return a job; the attempt's token only to those who hold the shared secret."""
    return _JOB.dump(_job(row, trusted=trusted))


def serialize_job_detail(row: Row, *, trusted: bool, **more: list[Row]) -> Any:
    """Return a job with its attempts, events and what the quality gate has against it."""
    return _JOB_DETAIL.dump({**_job(row, trusted=trusted), **more})


def _job(row: Row, *, trusted: bool) -> Row:
    error = {"code": row["error_code"], "message": row["error_message"]} if row["error_code"] else None
    outputs = (row["result"] or {}).get("outputs") or {}
    shown = {key: value for key, value in row.items() if trusted or key != "token"}
    is_kept = row.get("files_deleted_at") is None
    links = {file: f"/api/job/{row['id']}/output/{file}" for file in sorted(outputs) if is_kept}
    return {**shown, "error": error, "output": links}
