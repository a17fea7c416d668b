"""The files that an old result lacks, built from its `source.geojson.gz`: GeoParquet, tiles, statistics, picture.

The features are those of the file: no rule of a source applies, and their order stays. Another engine may have written
the file, so attributes that this engine does not have are not in the new files.
"""

import json
from pathlib import Path

import polars as pl

from oa_shared.json_types import JsonObject
from oa_shared.product_plans import ProductInput
from oa_task.conversion.outputs import Outputs
from oa_task.conversion.post_pass_outputs import PostPassOutputs
from oa_task.conversion.raw_parts import unpack_parts
from oa_task.conversion.stats import ConversionStats
from oa_task.definition.task_entry import ATTRIBUTES, TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Attributes, FeatureBatch
from oa_task.features.validation import validate
from oa_task.placement.verdict import judge_placement
from oa_task.products.build_context import BuildContext
from oa_task.read.geojson import read_geojson
from oa_task.read.request import ReadRequest
from oa_task.results.files import STATS_FILE
from oa_task.runtime.failure import TaskFailure
from oa_task.write.lines import output_batch

_WITHOUT = frozenset({"source", "changes", "profile"})


def build_backfill(context: BuildContext) -> JsonObject:
    """Write the files and return the counts of the features. Raises TaskFailure."""
    (item,) = context.plan.inputs
    entry, stats, bad_rows = _entry_of(item), ConversionStats(), BadRows()
    path, clock = next(context.files), context.clock
    with clock.phase("unpack"):
        (files,) = unpack_parts([path], entry, context.work / "unpacked", bad_rows.warn)
    with Outputs(item.layer, out=context.out, work=context.work, previous=None, without=_WITHOUT) as outputs:
        with clock.phase("pass"):
            for batch in read_geojson(_request(files, entry, bad_rows)):
                _put(batch, item.layer, stats, outputs)
                context.on_progress("rows", stats.count, None)
            bad_rows.check()
        if stats.count == 0:
            raise TaskFailure("source.empty", f"no features in {item.key}{bad_rows.explanation()}")
        outputs.close()
    clock.add(outputs.seconds)
    rows: JsonObject = {"read": bad_rows.rows_read, "bad": bad_rows.report(), "left_out": bad_rows.left_out}
    post_pass = PostPassOutputs(
        entry=entry, title=item.source_name, out=context.out, work=context.work, without=_WITHOUT, tiles=outputs.tiles
    )
    warnings = [*bad_rows.warnings, *post_pass.write(files, stats, clock)]
    report: JsonObject = {**stats.report(), "rows": rows, "warnings": warnings}
    _write_stats(context.out, report)
    return {**report, "placement": judge_placement(stats.places, entry).as_json()}


def _request(files: list[Path], entry: TaskEntry, bad_rows: BadRows) -> ReadRequest:
    return ReadRequest(files[0], entry.conform, ATTRIBUTES[entry.layer], bad_rows, keeps_null_geometry=True)


def _put(batch: FeatureBatch, layer: str, stats: ConversionStats, outputs: Outputs) -> None:
    """Count a batch and pass it to the outputs."""
    columns = batch.columns
    known = [columns[name] if name in columns.columns else pl.lit("").alias(name) for name in ATTRIBUTES[layer]]
    attributes = Attributes(columns.select(known).fill_null(""))
    written = output_batch(attributes, batch.geometry, layer)
    validation = validate(written.attributes, written.geometry, layer)
    stats.add(written.attributes, written.geometry, validation)
    outputs.put(written, validation)


def _entry_of(item: ProductInput) -> TaskEntry:
    """Return an entry that reads each attribute from the property of its name."""
    names = ATTRIBUTES[item.layer]
    return TaskEntry(
        layer=item.layer,
        name=item.name,
        urls=(item.key,),
        protocol="http",
        compression="gzip",
        conform={"format": "geojson"},
        rules={name: name for name in names},
        license=item.license,
    )


def _write_stats(out: Path, report: JsonObject) -> None:
    (out / STATS_FILE).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
