"""Exports: one file in one format, of a job or of a selection of what is published, kept for a while."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import InvalidError
from oa_api.http.idempotency import Idempotency
from oa_api.identity import audit_log
from oa_api.products.builds import Requester, start
from oa_api.products.plan import Inputs, Plan
from oa_api.products.selection import Selection, of_job, select
from oa_shared.fault_points import fault_point
from oa_shared.job_kinds import JobKind

_SQL = load_queries("products.queries")


@dataclass(frozen=True, slots=True)
class ExportLimits:
    """How much one export may read, and how long its file is kept."""

    inputs: int
    features: int
    keep_days: int


async def create(
    database: Database, asked: dict[str, Any], asker: Requester, *, once: Idempotency, limits: ExportLimits
) -> int:
    """Start an export and return its number.

    Raises NotFoundError and ConflictError for a job that cannot be exported, InvalidError for a selection that is
    empty or too large.
    """

    async def work(transaction: Transaction) -> Any:
        earlier = await once.find_response(transaction)
        if earlier is not None:
            return earlier
        made = {"id": await _create(transaction, asked, asker, limits=limits)}
        await once.save_response(transaction, made)
        return made

    made = await database.run(work)
    fault_point("api.after_commit")
    return int(made["id"])


async def _create(transaction: Transaction, asked: dict[str, Any], asker: Requester, *, limits: ExportLimits) -> int:
    title, layer, inputs = await _inputs(transaction, asked)
    _check(inputs, limits)
    rows = await transaction.all(_SQL["next_export"])
    export = int(rows[0]["id"])
    plan = await asyncio.to_thread(
        lambda: Plan(
            kind=JobKind.EXPORT,
            name=str(export),
            title=title,
            formats=(asked["format"],),
            inputs=inputs,
            layer=layer,
            bbox=asked["bbox"],
        )
    )
    (job,) = await start(transaction, [plan], asker)
    said = {key: value for key, value in asked.items() if value is not None}
    facts = {"inputs": len(inputs.items), "features": inputs.features}
    values = {"export": export, "job": job, "format": asked["format"], "asked": json.dumps(said), **facts}
    await transaction.execute(_SQL["insert_export"], {**values, "keep_days": limits.keep_days})
    await audit_log.record(
        transaction, asker.by, action="export.create", subject=f"export/{export}", detail={**said, "made_by_job": job}
    )
    return export


async def _inputs(transaction: Transaction, asked: dict[str, Any]) -> tuple[str, str, Inputs]:
    """Return a title, the layer and what there is to export."""
    if asked["job"] is not None:
        row, inputs = await of_job(transaction, asked["job"])
        return f"{row['source_name']} {row['layer']} {row['name']} (job {row['job']})", row["layer"], inputs
    inputs = await select(transaction, Selection([asked["source"]], asked["layer"], asked["bbox"]))
    layers = sorted({item["layer"] for item in inputs.items})
    if len(layers) > 1:
        words = f"Choose one of {', '.join(layers)}."
        raise InvalidError("an export is of one layer; the selection has several", fields={"layer": [words]})
    layer = asked["layer"] or next(iter(layers), "")
    return f"{asked['source']} {layer}", layer, inputs


def _check(inputs: Inputs, limits: ExportLimits) -> None:
    if not inputs.items:
        words = "Nothing that is published and has a file matches."
        raise InvalidError("there is nothing to export", fields={"source": [words]})
    if len(inputs.items) > limits.inputs or inputs.features > limits.features:
        found = f"{len(inputs.items):,} datasets with {inputs.features:,} features"
        allowed = f"{limits.inputs:,} datasets and {limits.features:,} features"
        words = "Narrow it by `source`, `layer` or `bbox`, or take a collection."
        raise InvalidError(f"the selection has {found}; an export takes {allowed}", fields={"source": [words]})
