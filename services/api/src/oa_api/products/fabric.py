"""The fabric: vector tiles of all published data, one file for each layer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.http.idempotency import Idempotency
from oa_api.identity import audit_log
from oa_api.products.builds import Product, Requester, StartedBuild, render_plan, skip_reason, start_jobs
from oa_api.products.requests import NewBuild
from oa_api.products.rows import LastBuild
from oa_api.products.selection import InputSelection, select_inputs
from oa_shared.fault_points import fault_point
from oa_shared.job_kinds import JobKind
from oa_shared.product_plans import ProductPlan
from oa_shared.products import FABRIC_FORMATS
from oa_shared.status import LAYERS

_SQL = load_queries("products.queries")
ROUTE = "fabric/build"


@dataclass(frozen=True, kw_only=True)
class StartedLayer(StartedBuild):
    """A build of a layer of the fabric, or why none is needed."""

    layer: str


async def build_due_fabric(database: Database, *, key: str, requester: Requester) -> list[StartedLayer]:
    """Build each layer whose data has changed, once for a `key`; return the builds."""
    return await build_fabric(
        database, NewBuild(), requester, idempotency=Idempotency(key, ROUTE, b"", owner=requester.by.owner)
    )


async def build_fabric(
    database: Database, new_build: NewBuild, requester: Requester, *, idempotency: Idempotency
) -> list[StartedLayer]:
    """Start a build of each layer that needs one, in one run; return the builds."""

    async def work(transaction: Transaction) -> list[StartedLayer]:
        earlier = await idempotency.find_response(transaction)
        if earlier is not None:
            return [StartedLayer(**layer) for layer in earlier]
        started = await _start_builds(transaction, new_build, requester)
        await idempotency.save_response(transaction, [as_parameters(layer) for layer in started])
        return started

    started = await database.run(work)
    fault_point("api.after_commit")
    return started


async def _start_builds(transaction: Transaction, new_build: NewBuild, requester: Requester) -> list[StartedLayer]:
    products = [await _make_product(transaction, layer) for layer in LAYERS]
    skipped = [await _skip_reason(transaction, product, is_forced=new_build.force) for product in products]
    due = [product for product, reason in zip(products, skipped, strict=True) if reason is None]
    jobs = iter(await start_jobs(transaction, due, requester) if due else [])
    started = [_describe(product, reason, jobs=jobs) for product, reason in zip(products, skipped, strict=True)]
    await _record(transaction, new_build, requester, jobs=[layer.job for layer in started if layer.job])
    return started


def _describe(product: Product, skipped: str | None, *, jobs: Iterator[int]) -> StartedLayer:
    plan = product.plan
    return StartedLayer(
        layer=product.name,
        job=None if skipped else next(jobs),
        skipped=skipped,
        inputs=len(plan.inputs),
        features=plan.feature_count,
    )


async def _record(transaction: Transaction, new_build: NewBuild, requester: Requester, *, jobs: Sequence[int]) -> None:
    await audit_log.record(
        transaction,
        requester.by,
        action="fabric.build",
        subject="fabric",
        reason=new_build.reason,
        detail={"jobs": list(jobs)},
    )


async def _make_product(transaction: Transaction, layer: str) -> Product:
    await transaction.execute(_SQL["lock_fabric"], {"layer": layer})
    inputs = await select_inputs(transaction, InputSelection(["**"], layer))
    plan = ProductPlan(
        kind=JobKind.FABRIC,
        title=f"All published {layer}",
        formats=FABRIC_FORMATS,
        inputs=inputs.items,
        layer=layer,
    )
    return Product(layer, await render_plan(plan))


async def _skip_reason(transaction: Transaction, product: Product, *, is_forced: bool) -> str | None:
    last = await transaction.first(_SQL["last_fabric_build"], {"layer": product.name}, into=LastBuild)
    return await skip_reason(transaction, product, last=last, is_forced=is_forced)
