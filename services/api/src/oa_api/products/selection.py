"""Selects the published results that a product contains."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.jobs.queries import get_license
from oa_api.products.globs import glob_to_regex
from oa_api.products.input_rows import InputRow, JobInputRow, PublishedInputRow
from oa_shared.job_kinds import JobKind
from oa_shared.licenses import License, normalize_license
from oa_shared.product_plans import ProductInput
from oa_shared.status import JobStatus

_SQL = load_queries("products.queries")
_SIDES = ("west", "south", "east", "north")


@dataclass(frozen=True, slots=True)
class InputSelection:
    """Sources by globs, one layer or all, and results whose extent overlaps `bbox` (west, south, east, north)."""

    sources: Sequence[str]
    layer: str | None = None
    bbox: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """The results that a product contains; `left_out` counts those without a file."""

    items: tuple[ProductInput, ...]
    left_out: int = 0

    @property
    def features(self) -> int:
        """Return the number of features of all."""
        return sum(item.count for item in self.items)


async def select_inputs(transaction: Transaction, selection: InputSelection) -> Inputs:
    """Return the published results of a selection, by name."""
    box = dict(zip(_SIDES, selection.bbox or (None,) * len(_SIDES), strict=True))
    values = {"patterns": [glob_to_regex(glob) for glob in selection.sources], "layer": selection.layer, **box}
    rows = await transaction.all(_SQL["inputs"], values, into=PublishedInputRow)
    return await asyncio.to_thread(_published_inputs, rows)


async def select_job(transaction: Transaction, job: int) -> tuple[JobInputRow, Inputs]:
    """Return a job, and its result as the only input. Raises NotFoundError, ConflictError."""
    row = await transaction.first(_SQL["input_of_job"], {"job": job}, into=JobInputRow)
    if row is None:
        raise NotFoundError(f"job {job} does not exist")
    if row.kind != JobKind.SOURCE:
        raise ConflictError(f"job {job} builds a product ({row.kind}): only jobs of sources can be exported")
    if row.status not in {JobStatus.SUCCESS, JobStatus.WARN}:
        raise ConflictError(f"job {job} is {row.status}: only jobs that succeeded can be exported")
    if row.has_deleted_files:
        raise ConflictError(f"the files of job {job} are deleted: rerun it, or export published data")
    license_ = await get_license(transaction, job, layer=row.layer, name=row.name)
    item = product_input(row, license_)
    return row, Inputs((item,) if item else (), left_out=0 if item else 1)


def _published_inputs(rows: Sequence[PublishedInputRow]) -> Inputs:
    items = tuple(item for row in rows if (item := product_input(row, normalize_license(row.license))))
    return Inputs(items, left_out=len(rows) - len(items))


def product_input(row: InputRow, license_: License | None) -> ProductInput | None:
    """Return a result as plans have it; None if a file, its digest or its size is missing."""
    if (
        row.key is None
        or row.sha256 is None
        or row.size_bytes is None
        or row.geojson_key is None
        or row.geojson_sha256 is None
    ):
        return None
    return ProductInput(
        source_name=row.source_name,
        layer=row.layer,
        name=row.name,
        job=row.job,
        key=row.key,
        geojson_key=row.geojson_key,
        sha256=row.sha256,
        geojson_sha256=row.geojson_sha256,
        size_bytes=row.size_bytes,
        count=row.count or 0,
        license=license_.as_stated() if license_ else None,
        attribution=(license_.attribution_name if license_ else None) or "",
    )
