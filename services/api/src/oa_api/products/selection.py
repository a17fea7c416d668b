"""Which published results a product is made of."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from oa_api.db.database import Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.jobs.queries import get_license
from oa_api.products.globs import glob_to_regex
from oa_api.products.plan import Inputs, input_of
from oa_shared.job_kinds import JobKind
from oa_shared.status import JobStatus

_SQL = load_queries("products.queries")
_NAMES = ("west", "south", "east", "north")


@dataclass(frozen=True, slots=True)
class Selection:
    """Sources by globs, one layer or all, and results that reach into `bbox` (west, south, east, north)."""

    sources: Sequence[str]
    layer: str | None = None
    bbox: Sequence[float] | None = None


async def select(transaction: Transaction, selection: Selection) -> Inputs:
    """Return what is published of a selection, in the order of the names."""
    box = dict.fromkeys(_NAMES) if selection.bbox is None else dict(zip(_NAMES, selection.bbox, strict=True))
    values = {"patterns": [glob_to_regex(glob) for glob in selection.sources], "layer": selection.layer, **box}
    rows = await transaction.all(_SQL["inputs"], values)
    return await asyncio.to_thread(_inputs, rows)


async def of_job(transaction: Transaction, job: int) -> tuple[Row, Inputs]:
    """Return a job and its result as the only input. Raises NotFoundError, ConflictError."""
    row = await transaction.first(_SQL["input_of_job"], {"job": job})
    if row is None:
        raise NotFoundError(f"there is no job {job}")
    if row["kind"] != JobKind.SOURCE:
        raise ConflictError(f"job {job} makes a product ({row['kind']}): only data of a source can be exported")
    if row["status"] not in {JobStatus.SUCCESS, JobStatus.WARN}:
        raise ConflictError(f"job {job} is {row['status']}: only what succeeded can be exported")
    if row["is_gone"]:
        raise ConflictError(f"the files of job {job} are not kept any more: run it again, or export what is published")
    licence = await get_license(transaction, job, layer=row["layer"], name=row["name"])
    return row, _inputs([{**row, "license": licence.as_json() if licence else None}])


def _inputs(rows: Sequence[Row]) -> Inputs:
    found = [input_of(row) for row in rows]
    items = [item for item in found if item is not None]
    return Inputs(items, left_out=len(found) - len(items))
