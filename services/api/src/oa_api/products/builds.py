"""Starting the job of a product, or seeing that there is no need to."""

from dataclasses import dataclass

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.identity.principal import Principal
from oa_api.jobs.job_creation import create_standalone_jobs
from oa_api.products.plan import Plan
from oa_shared.fault_points import fault_point
from oa_shared.scheduling import Lane

_SQL = load_queries("products.queries")


@dataclass(frozen=True, slots=True)
class Requester:
    """Who wants products built, how soon, and of which trace."""

    by: Principal
    lane: Lane = Lane.MANUAL
    traceparent: str = ""


async def skip_reason(
    transaction: Transaction, plan: Plan, *, built: tuple[int, str] | None, is_forced: bool = False
) -> str | None:
    """Return why nothing needs to be built; `built` is the job of the last good one and the digest of its plan.

    One that is forced is built again, but not twice at once.
    """
    if not plan.inputs.items:
        return "nothing that is published matches"
    if not is_forced and built is not None and built[1] == plan.sha256:
        return f"nothing has changed since job {built[0]}"
    job = plan.job()
    asked = {"source_name": job.source_name, "kind": job.kind, "sha256": job.sha256}
    at_work = await transaction.first(_SQL["job_at_work"], asked)
    return f"job {at_work['id']} builds the same" if at_work else None


async def start(transaction: Transaction, plans: list[Plan], asker: Requester) -> list[int]:
    """Write the jobs of products with their messages, as one closed run; return their numbers."""
    planned = [plan.job() for plan in plans]
    ids = await create_standalone_jobs(transaction, planned, lane=asker.lane, traceparent=asker.traceparent)
    fault_point("api.before_commit")
    return ids
