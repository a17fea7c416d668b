"""The outbox: the messages that the relay sends to the jobs queue, written with the attempts that they start."""

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.jobs.planning import PlannedJob
from oa_api.jobs.rows import LockedJob
from oa_api.jobs.run_rows import LockedRun
from oa_shared.job_kinds import JobKind
from oa_shared.messages import JobMessage, dump
from oa_shared.scheduling import Lane, Tier

_SQL = load_queries("jobs.outbox")


def first_message(
    run: LockedRun, planned: PlannedJob, *, job: int, token: str, tier: Tier, traceparent: str
) -> JobMessage:
    """Return the message that asks the dispatcher to submit the first attempt of a new job, on a tier."""
    return JobMessage(
        run=run.id,
        job=job,
        attempt=1,
        token=token,
        lane=Lane(run.lane),
        tier=tier,
        layer=planned.layer,
        source_name=planned.source_name,
        name=planned.name,
        traceparent=traceparent,
        sample=run.sample,
        job_kind=planned.kind,
    )


def next_message(job: LockedJob, *, attempt: int, token: str, tier: Tier) -> JobMessage:
    """Return the message that asks the dispatcher to submit another attempt of a job."""
    return JobMessage(
        run=job.run_id,
        job=job.id,
        attempt=attempt,
        token=token,
        lane=Lane(job.lane),
        tier=tier,
        layer=job.layer,
        source_name=job.source_name,
        name=job.name,
        traceparent=job.traceparent,
        sample=job.sample,
        job_kind=JobKind(job.kind),
    )


async def queue_message(transaction: Transaction, message: JobMessage, *, delay_s: int) -> None:
    """Write the message of another attempt to the outbox; the relay sends it after `delay_s` seconds."""
    values = {"job": message.job, "attempt": message.attempt, "body": dump(message), "delay_s": delay_s}
    values |= {"run_id": message.run}
    await transaction.execute(_SQL["insert_message"], values)
