"""Starts the jobs that build products."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.identity.principal import Principal
from oa_api.jobs.job_creation import create_standalone_jobs
from oa_api.jobs.planning import PlannedJob
from oa_api.jobs.requests import NewRun
from oa_api.jobs.run_names import name_of_products
from oa_api.products.rows import LastBuild
from oa_shared.fault_points import fault_point
from oa_shared.job_kinds import JobKind
from oa_shared.product_plans import ProductPlan
from oa_shared.scheduling import Lane, Tier
from oa_shared.status import ALL_LAYERS

_SQL = load_queries("products.queries")
_MIB = 1 << 20
# The tier of a product by the size of its inputs in bytes: the first line that it reaches.
_TIERS = {
    JobKind.EXPORT: ((4096 * _MIB, Tier.HUGE), (256 * _MIB, Tier.LARGE), (0, Tier.STANDARD)),
    JobKind.COLLECTION: ((2048 * _MIB, Tier.HUGE), (0, Tier.LARGE)),
    JobKind.BACKFILL: ((1024 * _MIB, Tier.HUGE), (64 * _MIB, Tier.LARGE), (0, Tier.STANDARD)),
    JobKind.FABRIC: ((2048 * _MIB, Tier.HUGE), (0, Tier.LARGE)),
}


@dataclass(frozen=True, slots=True)
class Requester:
    """Who requests a build, in which lane, and in which trace."""

    by: Principal
    lane: Lane = Lane.MANUAL
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """A product to build: its plan, and its name among the products of its kind."""

    name: str
    plan: ProductPlan

    def job(self) -> PlannedJob:
        """Return the job that builds it."""
        plan = self.plan
        return PlannedJob(
            source_name=f"{plan.kind}/{self.name}",
            source_url=None,
            sha256=plan.sha256,
            definition=plan.text,
            layer=plan.layer or ALL_LAYERS,
            name=self.name,
            tier=next(tier for min_bytes, tier in _TIERS[plan.kind] if plan.size_bytes >= min_bytes),
            kind=plan.kind,
            host=None,
        )


@dataclass(frozen=True, kw_only=True)
class StartedBuild:
    """The job that builds a product, or why none is needed; `inputs` and `features` count what the product contains."""

    job: int | None
    skipped: str | None
    inputs: int
    features: int


async def render_plan(plan: ProductPlan) -> ProductPlan:
    """Return the plan after its text, which it keeps, is written in a thread: that may take seconds."""
    await asyncio.to_thread(lambda: plan.text)
    return plan


async def skip_reason(
    transaction: Transaction, product: Product, *, last: LastBuild | None, is_forced: bool = False
) -> str | None:
    """Return why a product needs no build now, or None; a forced one is only skipped while it is being built."""
    plan = product.plan
    if not plan.inputs:
        return "no published data matches"
    if not is_forced and last is not None and last.built_sha256 == plan.sha256:
        return f"nothing has changed since job {last.job_id}"
    job = product.job()
    values = {"source_name": job.source_name, "kind": job.kind, "sha256": job.sha256}
    running = await transaction.first(_SQL["running_job"], values, into=int)
    return f"job {running} is building the same inputs" if running else None


async def start_jobs(transaction: Transaction, products: Sequence[Product], requester: Requester) -> list[int]:
    """Create the jobs of products with their messages, as one closed run; return their IDs."""
    planned = [product.job() for product in products]
    new_run = NewRun(lane=requester.lane, name=name_of_products([product.plan for product in products]))
    ids = await create_standalone_jobs(
        transaction, planned, new_run, traceparent=requester.traceparent, owner=requester.by.owner
    )
    fault_point("api.before_commit")
    return ids
