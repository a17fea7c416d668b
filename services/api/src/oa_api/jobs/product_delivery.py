"""A product that is done replaces its older one, in the transaction that accepts the success."""

import structlog

from oa_api.db.database import Row, Transaction
from oa_api.db.query_files import load_queries
from oa_shared.job_kinds import JobKind

log = structlog.get_logger()
_SQL = load_queries("products.queries")
_STATEMENTS = {
    JobKind.COLLECTION: "collection_built",
    JobKind.EXPORT: "export_built",
    JobKind.FABRIC: "fabric_built",
}


async def deliver(transaction: Transaction, job: Row) -> bool:
    """Make the job's result the one that is offered, unless a newer job's is; return whether it was done."""
    kind = JobKind(job["kind"])
    is_newest = await transaction.execute(_SQL[_STATEMENTS[kind]], {"job": job["id"]}) > 0
    if not is_newest:
        log.info("product_not_newest", kind=kind)
    return is_newest
