"""The fabric: one map of all that is published, for each layer."""

import asyncio
from typing import Any

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.idempotency import Idempotency
from oa_api.identity import audit_log
from oa_api.products.builds import Requester, skip_reason, start
from oa_api.products.plan import Inputs, Plan
from oa_api.products.selection import Selection, select
from oa_shared.fault_points import fault_point
from oa_shared.job_kinds import JobKind
from oa_shared.status import LAYERS

_SQL = load_queries("products.queries")
ROUTE = "fabric/build"


async def build_fabric(database: Database, *, key: str, asker: Requester) -> Any:
    """Build each layer whose data has changed, once for a `key`; return what became of each layer."""
    return await build(database, asker, once=Idempotency(key, ROUTE, b""))


async def build(
    database: Database, asker: Requester, *, once: Idempotency, is_forced: bool = False, reason: str = ""
) -> Any:
    """Start a build of each layer that needs one, in one run; return what became of each layer."""

    async def work(transaction: Transaction) -> Any:
        earlier = await once.find_response(transaction)
        if earlier is not None:
            return earlier
        made = await _build(transaction, asker, is_forced=is_forced, reason=reason)
        await once.save_response(transaction, made)
        return made

    made = await database.run(work)
    fault_point("api.after_commit")
    return made


async def _build(transaction: Transaction, asker: Requester, *, is_forced: bool, reason: str) -> list[Row]:
    plans = [await _plan(transaction, layer) for layer in LAYERS]
    reasons = [await _why_not(transaction, plan, is_forced=is_forced) for plan in plans]
    wanted = [plan for plan, reason in zip(plans, reasons, strict=True) if reason is None]
    jobs = iter(await start(transaction, wanted, asker) if wanted else [])
    made = [
        {
            "layer": plan.layer,
            "job": None if reason else next(jobs),
            "skipped": reason,
            "inputs": len(plan.inputs.items),
            "features": plan.inputs.features,
        }
        for plan, reason in zip(plans, reasons, strict=True)
    ]
    detail = {"jobs": [item["job"] for item in made if item["job"]]}
    await audit_log.record(transaction, asker.by, action="fabric.build", subject="fabric", reason=reason, detail=detail)
    return made


async def _plan(transaction: Transaction, layer: str) -> Plan:
    await transaction.execute(_SQL["lock_fabric"], {"layer": layer})
    inputs = await select(transaction, Selection(["**"], layer))
    return await asyncio.to_thread(_whole_layer, layer, inputs)


def _whole_layer(layer: str, inputs: Inputs) -> Plan:
    title = f"All published {layer}"
    return Plan(kind=JobKind.FABRIC, name=layer, title=title, formats=("pmtiles",), inputs=inputs, layer=layer)


async def _why_not(transaction: Transaction, plan: Plan, *, is_forced: bool) -> str | None:
    row = await transaction.first(_SQL["fabric_sha256"], {"layer": plan.layer})
    built = (row["job_id"], row["built_sha256"]) if row else None
    return await skip_reason(transaction, plan, built=built, is_forced=is_forced)
