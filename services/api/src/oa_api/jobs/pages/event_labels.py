"""The events of a job for users; programs read the kinds (docs/operations.md, "Event feed")."""

from collections.abc import Mapping

from oa_api.jobs.rows import JobEventRow
from oa_shared.status import JobStatus

_STATUS_LABELS: Mapping[str, str] = {
    JobStatus.PENDING: "Queued",
    JobStatus.SUBMITTED: "Submitted to Batch",
    JobStatus.RUNNING: "Started",
    JobStatus.SUCCESS: "Succeeded",
    JobStatus.WARN: "Needs review",
    JobStatus.FAIL: "Failed",
    JobStatus.CANCELED: "Canceled",
}
# Kinds that say more than the status of the job at that time.
KIND_LABELS: Mapping[str, str] = {
    "job.created": "Created",
    "job.retried": "Queued again after a failure",
    "job.rerun": "Rerun",
    "sweep.deadline": "Ended at its deadline",
    "relay.refused": "Failed: not accepted by the queue",
    "api.cancel": "Canceled",
    "job.needs_review": "Needs review",
    "job.confirmed": "Confirmed",
    "job.rejected": "Rejected",
    "data.published": "Published",
    "data.checked": "Source unchanged: published files kept",
    "data.backfilled": "Files added by a backfill",
    "data.withheld": "Not published: the dataset is retired or deleted",
    "data.retired": "Dataset retired",
    "data.deleted": "Dataset deleted",
    "data.reopened": "Dataset reopened: the next result is published",
}


def event_label(event: JobEventRow) -> str:
    """Return what an event says about its job."""
    status = str((event.detail or {}).get("status") or "")
    return KIND_LABELS.get(event.kind) or _STATUS_LABELS.get(status) or "Report"
