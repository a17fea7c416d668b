"""Exports: the rows of some datasets of one layer as one file in the requested format."""

import shutil
from pathlib import Path
from typing import assert_never

from oa_shared.json_types import JsonObject
from oa_shared.products import EXPORT_FILES, ProductFormat
from oa_task.products.attribution import describe_credits, write_attribution
from oa_task.products.build_context import BuildContext
from oa_task.products.csv import write_csv
from oa_task.products.deduplication import deduplicate, rank_datasets
from oa_task.products.geojson import write_geojson
from oa_task.products.ogr import write_flatgeobuf, write_gpkg
from oa_task.products.parts import Part, bounds_of
from oa_task.products.shapefile import write_shapefile
from oa_task.products.tiles import product_label, write_tiles


def build_export(context: BuildContext) -> JsonObject:
    """Write a file for each format and the attribution; return the counts. Raises TaskFailure."""
    plan, collector = context.plan, context.new_collector()
    with context.clock.phase("inputs"):
        for item in context.inputs():
            collector.add(next(context.files), item)
        (part,) = context.finish_parts(collector)
    report: JsonObject = {"inputs": collector.inputs}
    if plan.deduplicate and part.layer == "addresses":
        with context.clock.phase("deduplicate"):
            part, dropped = deduplicate(part, rank_datasets(plan.inputs), context.work)
        report["dropped"] = dropped
    report["notes"] = {format_: notes for format_ in plan.formats if (notes := _write_format(part, format_, context))}
    write_attribution(context.out, plan.title, plan.inputs)
    if ProductFormat.PARQUET in plan.formats:
        # Last, because the other formats read the part.
        shutil.move(part.path, context.out / EXPORT_FILES[ProductFormat.PARQUET])
    return {"count": part.count, "bounds": bounds_of([part]), **report}


def _write_format(part: Part, format_: ProductFormat, context: BuildContext) -> dict[str, int]:
    """Write a file, except for GeoParquet; return the counts of rows and values that the format cannot store."""
    if format_ is ProductFormat.PARQUET:
        return {}
    context.on_progress(format_, 0, part.count)
    with context.clock.phase(format_):
        return _write_file(part, format_, context.out / EXPORT_FILES[format_], context)


def _write_file(part: Part, format_: ProductFormat, target: Path, context: BuildContext) -> dict[str, int]:  # noqa: PLR0911 - one for each format
    match format_:
        case ProductFormat.CSV:
            return write_csv(part, target)
        case ProductFormat.GEOJSON:
            return write_geojson(part, target)
        case ProductFormat.GPKG:
            return write_gpkg(part, target, describe_credits(context.plan.inputs))
        case ProductFormat.FLATGEOBUF:
            return write_flatgeobuf(part, target, describe_credits(context.plan.inputs))
        case ProductFormat.SHAPEFILE:
            return write_shapefile(part, target, work=context.work)
        case ProductFormat.PMTILES:
            label = product_label(context.plan.title, context.plan.inputs)
            return write_tiles([part], target, label, work=context.work)
        case ProductFormat.PARQUET:
            return {}
        case other:
            assert_never(other)
