"""Exports: one file in one format, of a job or of selected published data, kept for some days."""

import json
from dataclasses import dataclass

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.http.errors import InvalidError
from oa_api.http.idempotency import Idempotency
from oa_api.identity import audit_log
from oa_api.products.builds import Product, Requester, render_plan, start_jobs
from oa_api.products.requests import NewExport
from oa_api.products.selection import Inputs, InputSelection, select_inputs, select_job
from oa_shared.fault_points import fault_point
from oa_shared.job_kinds import JobKind
from oa_shared.product_plans import ProductPlan
from oa_shared.products import Bounds, ProductFormat

_SQL = load_queries("products.queries")


@dataclass(frozen=True, slots=True)
class ExportLimits:
    """How much an export may contain, and how long its file is kept."""

    inputs: int
    features: int
    keep_days: int


@dataclass(frozen=True, slots=True)
class _Contents:
    """What an export contains, with the title of its plan."""

    title: str
    layer: str
    inputs: Inputs


async def create_export(
    database: Database, new_export: NewExport, requester: Requester, *, idempotency: Idempotency, limits: ExportLimits
) -> int:
    """Create an export and return its ID.

    Raises NotFoundError and ConflictError for a job that cannot be exported, InvalidError for a selection that is
    empty or too large.
    """

    async def work(transaction: Transaction) -> int:
        earlier = await idempotency.find_response(transaction)
        if earlier is not None:
            return int(earlier["id"])
        export = await _create(transaction, new_export, requester, limits=limits)
        await idempotency.save_response(transaction, {"id": export})
        return export

    export = await database.run(work)
    fault_point("api.after_commit")
    return export


async def _create(
    transaction: Transaction, new_export: NewExport, requester: Requester, *, limits: ExportLimits
) -> int:
    contents = await _select(transaction, new_export)
    _check_limits(contents.inputs, limits)
    (export,) = await transaction.all(_SQL["next_export"], into=int)
    product = Product(str(export), await render_plan(_plan(new_export, contents)))
    (job,) = await start_jobs(transaction, [product], requester)
    request = {name: value for name, value in as_parameters(new_export).items() if value is not None}
    values = {
        "export": export,
        "job": job,
        "format": new_export.format,
        "asked": json.dumps(request),
        "inputs": len(contents.inputs.items),
        "features": contents.inputs.features,
        "keep_days": limits.keep_days,
    }
    await transaction.execute(_SQL["insert_export"], values)
    detail = {**request, "made_by_job": job}
    await audit_log.record(transaction, requester.by, action="export.create", subject=f"export/{export}", detail=detail)
    return export


def _plan(new_export: NewExport, contents: _Contents) -> ProductPlan:
    return ProductPlan(
        kind=JobKind.EXPORT,
        title=contents.title,
        formats=(ProductFormat(new_export.format),),
        inputs=contents.inputs.items,
        layer=contents.layer,
        bbox=_bounds(new_export.bbox),
    )


def _bounds(bbox: list[float] | None) -> Bounds | None:
    if bbox is None:
        return None
    west, south, east, north = bbox
    return west, south, east, north


async def _select(transaction: Transaction, new_export: NewExport) -> _Contents:
    if new_export.job is not None:
        row, inputs = await select_job(transaction, new_export.job)
        return _Contents(f"{row.source_name} {row.layer} {row.name} (job {row.job})", row.layer, inputs)
    source = new_export.source or ""
    inputs = await select_inputs(transaction, InputSelection([source], new_export.layer, new_export.bbox))
    layers = sorted({item.layer for item in inputs.items})
    if len(layers) > 1:
        raise InvalidError(
            "an export has one layer; the selection has several",
            fields={"layer": [f"Choose one of {', '.join(layers)}."]},
        )
    layer = new_export.layer or next(iter(layers), "")
    return _Contents(f"{source} {layer}", layer, inputs)


def _check_limits(inputs: Inputs, limits: ExportLimits) -> None:
    if not inputs.items:
        raise InvalidError("no matching data to export", fields={"source": ["No published data with a file matches."]})
    if len(inputs.items) > limits.inputs or inputs.features > limits.features:
        selected = f"{len(inputs.items):,} datasets with {inputs.features:,} features"
        allowed = f"{limits.inputs:,} datasets with {limits.features:,} features"
        next_step = "Narrow it by `source`, `layer` or `bbox`, or download a collection."
        raise InvalidError(f"the selection has {selected}; limit {allowed}", fields={"source": [next_step]})
