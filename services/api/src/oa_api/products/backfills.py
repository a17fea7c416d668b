"""Backfills: jobs that make the files which old results lack of their `source.geojson.gz`.

Results of earlier versions and of other systems may lack the GeoParquet file, tiles, statistics or a manifest. Exports,
collections and the fabric leave such results out. A backfill publishes nothing: its files are added to the result.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.identity import audit_log
from oa_api.products.builds import Product, Requester, start_jobs
from oa_shared.fault_points import fault_point
from oa_shared.job_kinds import JobKind
from oa_shared.json_types import JsonObject
from oa_shared.licenses import normalize_license
from oa_shared.product_plans import ProductInput, ProductPlan

_SQL = load_queries("products.backfills")
RUN_JOBS = 500


@dataclass(frozen=True, slots=True)
class BackfillFilter:
    """Which results: those of sources with a prefix, published now or, with `history`, ever."""

    prefix: str = ""
    with_history: bool = False


@dataclass(frozen=True, slots=True)
class IncompleteResult:
    """A result that lacks files, with the key of its file of all features."""

    job: int
    attempt: int
    source_name: str
    layer: str
    name: str
    key: str
    sha256: str | None
    size_bytes: int | None
    count: int | None
    license: JsonObject | None


@dataclass(frozen=True, slots=True)
class StartedBackfills:
    """The jobs that were started, newest result first, and the job of the last result."""

    jobs: list[int]
    last_target: int


async def count_incomplete(database: Database, backfill_filter: BackfillFilter) -> int:
    """Return the number of results that lack files and for which no backfill runs."""
    values = {**_parameters(backfill_filter), "below": None}
    return await database.first(_SQL["count_incomplete"], values, into=int) or 0


async def start_backfills(
    database: Database, backfill_filter: BackfillFilter, requester: Requester, *, limit: int, below: int | None = None
) -> StartedBackfills:
    """Start a job for each of the newest results that lack files, of jobs with IDs less than `below`, in one run.

    A result for which a backfill runs gets no other one.
    """

    async def work(transaction: Transaction) -> StartedBackfills:
        await transaction.execute(_SQL["lock_backfills"])
        values = {**_parameters(backfill_filter), "limit": limit, "below": below}
        rows = await transaction.all(_SQL["incomplete"], values, into=IncompleteResult)
        if not rows:
            return StartedBackfills([], 0)
        jobs = await start_jobs(transaction, [_product(row) for row in rows], requester)
        await transaction.execute(_SQL["insert_backfills"], _targets(jobs, rows))
        detail = {"jobs": len(jobs), "source": backfill_filter.prefix, "history": backfill_filter.with_history}
        await audit_log.record(transaction, requester.by, action="backfill.start", subject="data", detail=detail)
        fault_point("backfill.started")
        return StartedBackfills(jobs, rows[-1].job)

    return await database.run(work)


def _parameters(backfill_filter: BackfillFilter) -> dict[str, object]:
    return {"prefix": backfill_filter.prefix, "with_history": backfill_filter.with_history}


def _targets(jobs: Sequence[int], rows: Sequence[IncompleteResult]) -> dict[str, object]:
    return {"jobs": jobs, "targets": [row.job for row in rows], "attempts": [row.attempt for row in rows]}


def _product(row: IncompleteResult) -> Product:
    """Return the job of a result; its name has that of the source and the attempt, so that no two are the same."""
    license_ = normalize_license(row.license)
    item = ProductInput(
        source_name=row.source_name,
        layer=row.layer,
        name=row.name,
        job=row.job,
        key=row.key,
        geojson_key=row.key,
        sha256=None,
        geojson_sha256=row.sha256,
        size_bytes=row.size_bytes or 0,
        count=row.count or 0,
        license=license_.as_stated() if license_ else None,
        attribution=(license_.attribution_name if license_ else None) or "",
    )
    title = f"Files of job {row.job}, attempt {row.attempt}"
    plan = ProductPlan(kind=JobKind.BACKFILL, title=title, formats=(), inputs=(item,), layer=row.layer)
    return Product(f"{row.source_name}/{row.job}-{row.attempt}", plan)
