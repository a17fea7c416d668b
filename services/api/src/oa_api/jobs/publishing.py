"""Publishing: the one place that writes the table of published data, always inside the accepting transaction."""

import json

from oa_api.db.database import Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.jobs.publication_record import add_publication, license_for
from oa_api.jobs.quality_gate import Concern, concerns
from oa_shared.fault_points import fault_point

_SQL = load_queries("jobs.publishing")
REJECTED = "operator.rejected"


async def gate(transaction: Transaction, job: Row, result: dict[str, object] | None) -> list[Concern]:
    """Return what speaks against publishing `result` as the job's (source_name, layer, name).

    Nothing does when a newer job is published already: then this one will not be.
    """
    published = await transaction.first(_SQL["published_result"], _key(job))
    if published is not None and published["job_id"] > job["id"]:
        return []
    return concerns(result or {}, published["result"] if published else None)


async def publish(transaction: Transaction, job: Row) -> bool:
    """Make the job's result the published one, unless a newer job's is; return whether it was done."""
    fault_point("publish.before")
    licence = await license_for(transaction, job)
    stated = json.dumps(licence.as_json()) if licence else None
    data = await transaction.first(_SQL["publish"], {"job": job["id"], "license": stated})
    if data is None:
        return False
    await transaction.execute(_SQL["record_publication"], {"job": job["id"]})
    fault_point("publish.half")
    await add_publication(transaction, job, data=data["id"], licence=stated)
    fault_point("publish.after")
    return True


async def hold_back(transaction: Transaction, job: Row, reasons: list[Concern]) -> None:
    """Record why a job waits for a person."""
    for reason in reasons:
        values = {"job": job["id"], "code": reason.code, "message": reason.message}
        await transaction.execute(_SQL["insert_review_reason"], values)


async def confirm(transaction: Transaction, job: Row) -> bool:
    """Let a held-back job through and publish it if its run is live; False when it is not held back."""
    if not await _settle(transaction, job, status="Success", state="confirmed", error=None):
        return False
    if job["live"]:
        await publish(transaction, job)
    return True


async def reject(transaction: Transaction, job: Row) -> bool:
    """End a held-back job as Fail; False when it is not held back."""
    return await _settle(transaction, job, status="Fail", state="rejected", error=REJECTED)


async def _settle(transaction: Transaction, job: Row, *, status: str, state: str, error: str | None) -> bool:
    message = "an operator rejected the result" if error else None
    values = {"job": job["id"], "status": status, "error_code": error, "error_message": message}
    if not await transaction.execute(_SQL["warn_to"], values):
        return False
    await transaction.execute(_SQL["close_review_reasons"], {"job": job["id"], "state": state})
    await record_decision(transaction, job["id"], kind=f"job.{state}", status=status, error=error)
    return True


async def record_decision(
    transaction: Transaction, job: int, *, kind: str, status: str, error: str | None = None
) -> None:
    """Write into the job's history what became of it without anything new being heard of its attempt."""
    detail = {"status": status} | ({"error": {"code": error}} if error else {})
    await transaction.execute(_SQL["record_decision"], {"job": job, "kind": kind, "detail": json.dumps(detail)})


def _key(job: Row) -> dict[str, object]:
    return {name: job[name] for name in ("source_name", "layer", "name")}
