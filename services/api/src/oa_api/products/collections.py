"""Collections of published data: created, changed, deleted, built."""

from dataclasses import dataclass

import structlog

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.http.idempotency import Idempotency
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_api.products.builds import Product, Requester, StartedBuild, render_plan, skip_reason, start_jobs
from oa_api.products.requests import CollectionChange, NewBuild, NewCollection
from oa_api.products.rows import LastBuild, LockedCollection
from oa_api.products.selection import Inputs, InputSelection, select_inputs
from oa_shared.fault_points import fault_point
from oa_shared.job_kinds import JobKind
from oa_shared.product_plans import ProductPlan
from oa_shared.products import ProductFormat

log = structlog.get_logger()
_SQL = load_queries("products.queries")


@dataclass(frozen=True, kw_only=True)
class StartedCollectionBuild(StartedBuild):
    """A build of a collection, or why none is needed; `left_out` counts datasets without a file."""

    id: int
    collection: int
    left_out: int


async def create_collection(transaction: Transaction, new_collection: NewCollection, *, by: Principal) -> int:
    """Create a collection and return its ID. Raises ConflictError for a name in use."""
    detail = as_parameters(new_collection)
    collection = await transaction.first(_SQL["insert_collection"], detail, into=int)
    if collection is None:
        raise ConflictError(f"collection {new_collection.name!r} exists already: choose another name")
    await audit_log.record(transaction, by, action="collection.create", subject=_subject(collection), detail=detail)
    return collection


async def change_collection(
    transaction: Transaction, collection: int, change: CollectionChange, *, by: Principal
) -> None:
    """Change a collection; its files stay those of the latest build. Raises NotFoundError."""
    values = as_parameters(change)
    if not await transaction.execute(_SQL["update_collection"], {**values, "collection": collection}):
        raise _not_found(collection)
    detail = {name: values[name] for name in change.given}
    await audit_log.record(transaction, by, action="collection.change", subject=_subject(collection), detail=detail)


async def delete_collection(transaction: Transaction, collection: int, *, by: Principal) -> str:
    """Delete a collection with its history, and return its name; its jobs stay. Raises NotFoundError."""
    name = (await _lock(transaction, collection)).name
    await transaction.execute(_SQL["delete_collection"], {"collection": collection})
    detail = {"name": name}
    await audit_log.record(transaction, by, action="collection.delete", subject=_subject(collection), detail=detail)
    return name


async def build_collection(
    database: Database, collection: int, new_build: NewBuild, requester: Requester, *, idempotency: Idempotency
) -> StartedCollectionBuild:
    """Start a build of a collection, or record why none is needed. Raises NotFoundError."""

    async def work(transaction: Transaction) -> StartedCollectionBuild:
        earlier = await idempotency.find_response(transaction)
        if earlier is not None:
            return StartedCollectionBuild(**earlier)
        started = await _start_build(transaction, collection, new_build, requester)
        await idempotency.save_response(transaction, as_parameters(started))
        return started

    started = await database.run(work)
    fault_point("api.after_commit")
    return started


async def build_due_collections(database: Database, *, key: str, requester: Requester) -> list[StartedCollectionBuild]:
    """Build every collection whose inputs have changed; return the builds.

    Each has its own transaction, once for a `key`: after an interruption the same key resumes where it stopped.
    """
    builds = []
    for collection in await database.all(_SQL["collection_ids"], into=int):
        idempotency = Idempotency(key, f"collections/{collection}/build", b"", owner=requester.by.owner)
        try:
            builds.append(await build_collection(database, collection, NewBuild(), requester, idempotency=idempotency))
        except NotFoundError:
            log.info("collection_already_deleted", collection=collection)
    return builds


async def _start_build(
    transaction: Transaction, collection: int, new_build: NewBuild, requester: Requester
) -> StartedCollectionBuild:
    locked = await _lock(transaction, collection)
    inputs = await select_inputs(transaction, InputSelection(locked.sources, locked.layer))
    product = Product(locked.name, await render_plan(_plan(locked, inputs)))
    last = LastBuild(locked.job_id, locked.built_sha256) if locked.job_id and locked.built_sha256 else None
    skipped = await skip_reason(transaction, product, last=last, is_forced=new_build.force)
    job = None if skipped else (await start_jobs(transaction, [product], requester))[0]
    detail = {"job": job, "skipped": skipped, "inputs": len(inputs.items), "features": inputs.features}
    (build,) = await transaction.all(_SQL["insert_build"], {"collection": collection, **detail}, into=int)
    await audit_log.record(
        transaction,
        requester.by,
        action="collection.build",
        subject=_subject(collection),
        reason=new_build.reason,
        detail=detail,
    )
    return StartedCollectionBuild(
        id=build,
        collection=collection,
        job=job,
        skipped=skipped,
        inputs=len(inputs.items),
        features=inputs.features,
        left_out=inputs.left_out,
    )


def _plan(collection: LockedCollection, inputs: Inputs) -> ProductPlan:
    return ProductPlan(
        kind=JobKind.COLLECTION,
        title=collection.display_name,
        formats=tuple(map(ProductFormat, collection.formats)),
        inputs=inputs.items,
        layer=collection.layer,
        deduplicate=collection.deduplicate,
    )


async def _lock(transaction: Transaction, collection: int) -> LockedCollection:
    locked = await transaction.first(_SQL["lock_collection"], {"collection": collection}, into=LockedCollection)
    if locked is None:
        raise _not_found(collection)
    return locked


def _not_found(collection: int) -> NotFoundError:
    return NotFoundError(f"collection {collection} does not exist")


def _subject(collection: int) -> str:
    return f"collection/{collection}"
