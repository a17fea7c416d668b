"""Collections: all published data of a selection, as GeoJSON by dataset, GeoParquet by country and layer, and tiles."""

import gzip
import zlib
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

import polars as pl

from oa_shared.json_types import JsonObject
from oa_shared.product_plans import ProductInput
from oa_shared.products import (
    ATTRIBUTION_FILE,
    COLLECTION_FILES,
    DEDUPLICATED_COLLECTION_FILES,
    LICENSES_FILE,
    ProductFormat,
)
from oa_shared.value_text import plural
from oa_task.products.attribution import write_attribution, write_licenses
from oa_task.products.build_context import BuildContext, copies_lines
from oa_task.products.deduplication import deduplicate, rank_datasets
from oa_task.products.geojson import feature_lines
from oa_task.products.parts import Part, bounds_of
from oa_task.products.rows import RowBatch, has_wound_rings, read_input
from oa_task.products.tiles import product_label, write_tiles
from oa_task.products.zip_writer import ZipWriter, safe_path
from oa_task.runtime.failure import TaskFailure
from oa_task.write.feature_lines import ForeignLinesError
from oa_task.write.turned_lines import turn_rings

_CHUNK_BYTES = 1 << 20


def build_collection(context: BuildContext) -> JsonObject:
    """Write the plan's formats, and again without duplicate addresses if the plan requires it; return the counts.

    Raises TaskFailure.
    """
    plan, out = context.plan, context.out
    write_attribution(out, plan.title, plan.inputs)
    write_licenses(out, plan.inputs)
    with context.clock.phase("inputs"):
        parts, inputs = _collect(context)
    _write_parts(parts, COLLECTION_FILES, context)
    report: JsonObject = {"count": sum(part.count for part in parts), "bounds": bounds_of(parts), "inputs": inputs}
    if plan.deduplicate:
        with context.clock.phase("deduplicate"):
            fewer, dropped = _deduplicate_parts(parts, context)
        report["deduplicated"] = {"count": sum(part.count for part in fewer), "dropped": dropped}
        if ProductFormat.GEOJSON in plan.formats:
            _write_geojson(fewer, context)
        _write_parts(fewer, DEDUPLICATED_COLLECTION_FILES, context)
    return report


def member_name(item: ProductInput) -> str:
    """Return the path of a dataset in the GeoJSON zip: `us/ca/berkeley-addresses-city.geojson`."""
    return safe_path(f"{item.source_name}-{item.layer}-{item.name}".split("/")) + ".geojson"


def _collect(context: BuildContext) -> tuple[list[Part], list[JsonObject]]:
    """Read every dataset once: its rows into the parts, its lines into the zip."""
    collector = context.new_collector()
    has_geojson = ProductFormat.GEOJSON in context.plan.formats
    archive = ZipWriter(context.out / COLLECTION_FILES[ProductFormat.GEOJSON]) if has_geojson else None
    for item in context.inputs():
        path = next(context.files)
        collector.add(path, item)
        if archive is None:
            continue
        if copies_lines(context.plan, item):
            is_wound = has_wound_rings(path)
            _add_lines(archive, next(context.files), item, is_wound=is_wound)
        else:
            _add_rows(archive, member_name(item), read_input(path, item, context.plan.bbox))
    if archive is not None:
        _add_terms(archive, context.out)
        archive.close()
    return context.finish_parts(collector), collector.inputs


def _add_lines(archive: ZipWriter, path: Path, item: ProductInput, *, is_wound: bool) -> None:
    """Copy the published lines of a dataset, older ones with their rings turned. Raises TaskFailure."""
    lines = 0
    try:
        with archive.member(member_name(item)) as target:
            for chunk in _chunks(path) if is_wound else turn_rings(path):
                lines += chunk.count(b"\n")
                target.write(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile, ForeignLinesError) as error:
        raise TaskFailure("source.format", f"{item.geojson_key} cannot be unpacked: {error}") from error
    if item.geojson_sha256 is None and lines != item.count:
        counts = f"{plural(lines, 'feature')} instead of the plan's {item.count:,}"
        text = f"{item.geojson_key} has {counts}; create the plan again"
        raise TaskFailure("infra.storage", text)


def _chunks(path: Path) -> Iterator[bytes]:
    with gzip.open(path) as source:
        while chunk := source.read(_CHUNK_BYTES):
            yield chunk


def _add_rows(archive: ZipWriter, name: str, batches: Iterator[RowBatch]) -> None:
    with archive.member(name) as target:
        for rows in batches:
            target.write(feature_lines(rows, with_source=False).str.join("").item().encode())


def _add_terms(archive: ZipWriter, out: Path) -> None:
    for name in (ATTRIBUTION_FILE, LICENSES_FILE):
        archive.add(name, out / name)


def _deduplicate_parts(parts: list[Part], context: BuildContext) -> tuple[list[Part], dict[str, int]]:
    """Return the parts with one row of each address, other layers unchanged, and the dropped rows by reason."""
    ranking = rank_datasets(item for item in context.plan.inputs if item.layer == "addresses")
    fewer: list[Part] = []
    dropped: dict[str, int] = {}
    for done, part in enumerate(parts):
        context.on_progress("deduplicate", done, len(parts))
        if part.layer != "addresses":
            fewer.append(part)
            continue
        kept, reasons = deduplicate(part, ranking, context.work)
        fewer.append(kept)
        dropped = {name: dropped.get(name, 0) + reasons.get(name, 0) for name in sorted(dropped | reasons)}
    return fewer, dropped


def _write_geojson(parts: list[Part], context: BuildContext) -> None:
    """Write a member for each dataset with rows left."""
    archive = ZipWriter(context.out / DEDUPLICATED_COLLECTION_FILES[ProductFormat.GEOJSON])
    names = {item.label: member_name(item) for item in context.plan.inputs}
    for part in parts:
        for label, batches in groupby(_rows_by_dataset(part), key=lambda pair: pair[0]):
            _add_rows(archive, names[label], (rows for _, rows in batches))
    _add_terms(archive, context.out)
    archive.close()


def _rows_by_dataset(part: Part) -> Iterator[tuple[str, RowBatch]]:
    """Yield the rows with the label of their dataset; the rows of a dataset are consecutive."""
    for rows in part.rows():
        labels = pl.Series(rows.batch.column("source"))
        runs = labels.rle().struct.unnest()
        start = 0
        for length, label in runs.iter_rows():
            yield label, RowBatch(rows.batch.slice(start, length), rows.layer)
            start += length


def _write_parts(parts: list[Part], files: Mapping[ProductFormat, str], context: BuildContext) -> None:
    """Write GeoParquet and tiles."""
    plan = context.plan
    for format_ in (ProductFormat.PARQUET, ProductFormat.PMTILES):
        if format_ not in context.plan.formats:
            continue
        target = context.out / files[format_]
        context.on_progress(target.name.removesuffix(".zip"), 0, None)
        with context.clock.phase(format_):
            if format_ is ProductFormat.PARQUET:
                _write_parquet(parts, target, context.out)
            else:
                write_tiles(parts, target, product_label(plan.title, plan.inputs), work=context.work)


def _write_parquet(parts: list[Part], target: Path, out: Path) -> None:
    """Write a zip, without compression, whose folders are Hive partitions by country and layer."""
    archive = ZipWriter(target)
    for part in parts:
        country, layer = part.key
        archive.add(f"country={country}/layer={layer}/part-0.parquet", part.path, is_packed=False)
    _add_terms(archive, out)
    archive.close()
