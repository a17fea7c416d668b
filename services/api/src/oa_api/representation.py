"""How rows look from outside."""

from datetime import datetime
from typing import Any

from oa_api.store.database import Row
from oa_shared.status import JobStatus

RUN_ENDED, RUN_RUNNING, RUN_EMPTY = "Ended", "Running", "Pending"


def plain(value: Any) -> Any:
    """Return a value that JSON can hold; times are RFC 3339."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def run_view(row: Row, counts: dict[str, int]) -> Row:
    """Return a run with its status and the number of its jobs in each status."""
    open_jobs = sum(jobs for status, jobs in counts.items() if not JobStatus(status).ended)
    status = RUN_RUNNING if open_jobs else RUN_ENDED if counts else RUN_EMPTY
    view = {key: row[key] for key in ("id", "created_at", "live", "lane", "closed_at", "github")}
    view |= {"closed": row["closed_at"] is not None, "status": status}
    view["jobs"] = {str(status): counts.get(status, 0) for status in JobStatus} | {"total": sum(counts.values())}
    shown: Row = plain(view)
    return shown


def job_view(row: Row, *, trusted: bool = False) -> Row:
    """Return a job; the attempt's token only to those who hold the shared secret."""
    error = {"code": row["error_code"], "message": row["error_message"]} if row["error_code"] else None
    hidden = {"error_code", "error_message"} | (set() if trusted else {"token"})
    view = {key: value for key, value in row.items() if key not in hidden} | {"error": error}
    outputs = (row.get("result") or {}).get("outputs") or {}
    view["output"] = {file: f"/api/job/{row['id']}/output/{file}" for file in sorted(outputs)}
    shown: Row = plain(view)
    return shown
