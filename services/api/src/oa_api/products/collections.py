"""Collections: sources that are offered together, and building them."""

import asyncio
from typing import Any

import structlog

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.http.idempotency import Idempotency
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_api.products.builds import Requester, skip_reason, start
from oa_api.products.plan import Inputs, Plan
from oa_api.products.selection import Selection, select
from oa_shared.fault_points import fault_point
from oa_shared.job_kinds import JobKind

log = structlog.get_logger()
_SQL = load_queries("products.queries")
_CHANGEABLE = ("display_name", "sources", "layer", "formats", "deduplicate")


async def create(transaction: Transaction, asked: dict[str, Any], *, by: Principal) -> int:
    """Write a collection and return its number. Raises ConflictError."""
    row = await transaction.first(_SQL["insert_collection"], asked)
    if row is None:
        raise ConflictError(f"there is a collection {asked['name']!r} already: choose another name")
    collection = int(row["id"])
    await audit_log.record(transaction, by, action="collection.create", subject=_subject(collection), detail=asked)
    return collection


async def change(transaction: Transaction, collection: int, asked: dict[str, Any], *, by: Principal) -> None:
    """Change what is given of a collection; its newest build stays what it is. Raises NotFoundError."""
    row = await _lock(transaction, collection)
    values = {**{key: row[key] for key in _CHANGEABLE}, **asked}
    await transaction.execute(_SQL["update_collection"], {**values, "collection": collection})
    await audit_log.record(transaction, by, action="collection.change", subject=_subject(collection), detail=asked)


async def delete(transaction: Transaction, collection: int, *, by: Principal) -> str:
    """Delete a collection with its history, and return its name; the jobs that built it stay. Raises NotFoundError."""
    row = await _lock(transaction, collection)
    await transaction.execute(_SQL["delete_collection"], {"collection": collection})
    detail = {"name": row["name"]}
    await audit_log.record(transaction, by, action="collection.delete", subject=_subject(collection), detail=detail)
    return str(row["name"])


async def build(
    database: Database,
    collection: int,
    asker: Requester,
    *,
    once: Idempotency,
    is_forced: bool = False,
    reason: str = "",
) -> Any:
    """Start a build of a collection, or note why none is needed, and return which. Raises NotFoundError."""

    async def work(transaction: Transaction) -> Any:
        earlier = await once.find_response(transaction)
        if earlier is not None:
            return earlier
        made = await _build(transaction, collection, asker, is_forced=is_forced, reason=reason)
        await once.save_response(transaction, made)
        return made

    made = await database.run(work)
    fault_point("api.after_commit")
    return made


async def build_due_collections(database: Database, *, key: str, asker: Requester) -> list[Any]:
    """Build every collection whose inputs have changed; return what became of each.

    Each is done in a transaction of its own, once for a `key`: one that was broken off goes on where it stopped.
    """
    built = []
    for row in await database.all(_SQL["collection_ids"]):
        once = Idempotency(key, f"collections/{row['id']}/build", b"")
        try:
            built.append(await build(database, row["id"], asker, once=once))
        except NotFoundError:
            log.info("collection_deleted_meanwhile", collection=row["id"])
    return built


async def _build(transaction: Transaction, collection: int, asker: Requester, *, is_forced: bool, reason: str) -> Row:
    row = await _lock(transaction, collection)
    inputs = await select(transaction, Selection(row["sources"], row["layer"]))
    plan = await asyncio.to_thread(_plan, row, inputs)
    built = (row["job_id"], row["built_sha256"]) if row["job_id"] else None
    skipped = await skip_reason(transaction, plan, built=built, is_forced=is_forced)
    job = None if skipped else (await start(transaction, [plan], asker))[0]
    facts = {"job": job, "skipped": skipped, "inputs": len(inputs.items), "features": inputs.features}
    noted = await transaction.all(_SQL["insert_build"], {"collection": collection, **facts})
    subject = _subject(collection)
    await audit_log.record(
        transaction, asker.by, action="collection.build", subject=subject, reason=reason, detail=facts
    )
    return {"id": noted[0]["id"], "collection": collection, **facts, "left_out": inputs.left_out}


def _plan(row: Row, inputs: Inputs) -> Plan:
    return Plan(
        kind=JobKind.COLLECTION,
        name=row["name"],
        title=row["display_name"],
        formats=row["formats"],
        inputs=inputs,
        layer=row["layer"],
        deduplicate=row["deduplicate"],
    )


async def _lock(transaction: Transaction, collection: int) -> Row:
    row = await transaction.first(_SQL["lock_collection"], {"collection": collection})
    if row is None:
        raise NotFoundError(f"there is no collection {collection}")
    return row


def _subject(collection: int) -> str:
    return f"collection/{collection}"
