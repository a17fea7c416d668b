"""Publishing results: the only code that writes published data, inside the transaction that accepts the result."""

import json
from dataclasses import dataclass

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.jobs import queries
from oa_api.jobs.backfilled_result import BackfilledResult, add_files
from oa_api.jobs.locks import lock_job
from oa_api.jobs.publication_record import record_publication
from oa_api.jobs.quality_gate import ReviewReason, find_review_reasons
from oa_api.jobs.rows import LockedJob
from oa_shared.fault_points import fault_point
from oa_shared.json_types import JsonObject
from oa_shared.status import JobStatus

_SQL = load_queries("jobs.publishing")
REJECTED = "operator.rejected"


@dataclass(frozen=True, slots=True)
class CurrentPublication:
    """The result that is published now, and the newest job that published it or found it up to date."""

    newest_job: int
    result: JsonObject


async def pass_gate(transaction: Transaction, job: LockedJob, result: JsonObject | None) -> bool:
    """Return whether the quality gate lets a result be published; if not, record why it needs review.

    A result that is older than the published one passes: it will not be published.
    """
    reasons = await _find_reasons(transaction, job, result)
    for reason in reasons:
        values = {"job": job.id, "code": reason.code, "message": reason.message}
        await transaction.execute(_SQL["insert_review_reason"], values)
    return not reasons


async def _find_reasons(transaction: Transaction, job: LockedJob, result: JsonObject | None) -> list[ReviewReason]:
    key = {"job": job.id, "source_name": job.source_name, "layer": job.layer, "name": job.name}
    published = await transaction.first(_SQL["published_result"], key, into=CurrentPublication)
    if published is not None and published.newest_job > job.id:
        return []
    return find_review_reasons(result or {}, published.result if published else None)


async def publish(transaction: Transaction, job: LockedJob) -> bool:
    """Publish the result of a job and return whether it was published.

    It is not if that of a newer job is published, or if the dataset is retired or deleted, which an event records.
    """
    fault_point("publish.before")
    license_ = await queries.get_license(transaction, job.id, layer=job.layer, name=job.name)
    license_json = json.dumps(license_.as_json()) if license_ else None
    dataset = await transaction.first(_SQL["publish"], {"job": job.id, "license": license_json}, into=int)
    if dataset is None:
        await transaction.execute(_SQL["record_withheld"], {"job": job.id})
        return False
    fault_point("publish.half")
    await record_publication(transaction, job, dataset=dataset, license_json=license_json)
    fault_point("publish.after")
    return True


async def add_missing_files(transaction: Transaction, backfill_job: int) -> bool:
    """Add the files of a backfill to the result that it is for; return whether that result still has files.

    The result stays that of its job and attempt, with its files: no publication is added and nothing is announced. Its
    copies in the job, the dataset and the history change together.
    """
    target = await transaction.first(_SQL["lock_backfilled"], {"job": backfill_job}, into=BackfilledResult)
    if target is None:
        return False
    merged = add_files(target.result or {}, target.added or {}, job=target.job)
    values = {"backfill": backfill_job, "job": target.job, "attempt": target.attempt, "result": json.dumps(merged)}
    await transaction.execute(_SQL["backfill_job_result"], values)
    fault_point("backfill.half")
    await transaction.execute(_SQL["backfill_published_result"], values)
    await transaction.execute(_SQL["backfill_history"], values)
    await transaction.execute(_SQL["end_backfill"], values)
    await transaction.execute(_SQL["record_backfill"], values)
    fault_point("backfill.after")
    return True


async def publish_run(transaction: Transaction, run: int) -> None:
    """Publish the finished jobs of a run that becomes live; those that do not pass the quality gate await review."""
    for number in await transaction.all(_SQL["unpublished_of_run"], {"run": run}, into=int):
        job = await lock_job(transaction, number)
        if await pass_gate(transaction, job, job.result):
            await publish(transaction, job)
        else:
            await transaction.execute(_SQL["success_to_warn"], {"job": job.id})
            await _record_decision(transaction, job, kind="job.needs_review", status=JobStatus.WARN)


async def confirm(transaction: Transaction, job: LockedJob) -> bool:
    """Accept a result that needs review, and publish it if its run is live; False if it does not need review."""
    if not await _end_review(transaction, job, status=JobStatus.SUCCESS, state="confirmed"):
        return False
    if job.live:
        await publish(transaction, job)
    return True


async def reject(transaction: Transaction, job: LockedJob) -> bool:
    """End a job that needs review as Fail; False if it does not need review."""
    return await _end_review(transaction, job, status=JobStatus.FAIL, state="rejected", error=REJECTED)


async def supersede_review_reasons(transaction: Transaction, job: int) -> None:
    """Close the open review reasons of a job that runs again."""
    await transaction.execute(_SQL["close_review_reasons"], {"job": job, "state": "superseded"})


async def _end_review(
    transaction: Transaction, job: LockedJob, *, status: JobStatus, state: str, error: str | None = None
) -> bool:
    message = "an operator rejected the result" if error else None
    values = {"job": job.id, "status": status, "error_code": error, "error_message": message}
    if not await transaction.execute(_SQL["warn_to"], values):
        return False
    await transaction.execute(_SQL["close_review_reasons"], {"job": job.id, "state": state})
    await _record_decision(transaction, job, kind=f"job.{state}", status=status, error=error)
    return True


async def _record_decision(
    transaction: Transaction, job: LockedJob, *, kind: str, status: JobStatus, error: str | None = None
) -> None:
    """Record a status that follows from a decision, without a report about the attempt."""
    detail: JsonObject = {"status": status, **({"error": {"code": error}} if error else {})}
    await transaction.execute(_SQL["record_decision"], {"job": job.id, "kind": kind, "detail": json.dumps(detail)})
