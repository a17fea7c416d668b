"""The message of a job, as the outbox keeps it for the jobs queue."""

from oa_api.db.database import Row
from oa_shared.job_kinds import JobKind
from oa_shared.messages import JobMessage
from oa_shared.scheduling import Lane, Tier


def job_message(row: Row, *, attempt: int, token: str, tier: Tier) -> JobMessage:
    """Return the message that asks the dispatcher to submit an attempt."""
    return JobMessage(
        run=row["run_id"],
        job=row["id"],
        attempt=attempt,
        token=token,
        lane=Lane(row["lane"]),
        tier=tier,
        layer=row["layer"],
        source_name=row["source_name"],
        name=row["name"],
        traceparent=row["traceparent"],
        sample=row["sample"],
        job_kind=JobKind(row["kind"]),
    )
