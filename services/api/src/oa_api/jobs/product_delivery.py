"""The result of a product job replaces that of an older one, in the transaction that accepts the success."""

import structlog

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.jobs.publishing import add_missing_files
from oa_api.jobs.rows import LockedJob
from oa_shared.job_kinds import JobKind

log = structlog.get_logger()
_SQL = load_queries("products.queries")
# The rows that a product may replace: an export job is that of an export or of a conversion. A backfill adds to
# published data, which only oa_api.jobs.publishing writes.
_QUERIES = {
    JobKind.COLLECTION: ("collection_built",),
    JobKind.EXPORT: ("export_built", "conversion_built"),
    JobKind.FABRIC: ("fabric_built",),
}


async def deliver_product(transaction: Transaction, job: LockedJob) -> bool:
    """Offer the result of a product job unless that of a newer job is offered; return whether it is offered now."""
    kind = JobKind(job.kind)
    if kind is JobKind.BACKFILL:
        return await add_missing_files(transaction, job.id)
    replaced = [await transaction.execute(_SQL[query], {"job": job.id}) for query in _QUERIES[kind]]
    is_newest = any(replaced)
    if not is_newest:
        log.info("product_not_newest", kind=kind)
    return is_newest
