"""Collections: all published data of a choice, as GeoJSON by dataset, GeoParquet by country and layer, and tiles."""

import gzip
import zlib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl

from oa_task.products.attribution import ATTRIBUTION_FILE, LICENSES_FILE, write_attribution, write_licenses
from oa_task.products.build_context import BuildContext, copies_lines
from oa_task.products.deduplication import deduplicate, rank_datasets
from oa_task.products.geojson import feature_lines
from oa_task.products.parts import Part, bounds_of
from oa_task.products.plan import ProductInput
from oa_task.products.rows import RowBatch, read_input
from oa_task.products.tiles import write_tiles
from oa_task.products.zip_writer import ZipWriter, safe_path
from oa_task.runtime.failure import TaskFailure

NAME, DEDUPLICATED_NAME = "collection", "collection-deduplicated"
_CHUNK_BYTES = 1 << 20


def build_collection(making: BuildContext) -> dict[str, Any]:
    """Write what the plan asks for, and a second time without repeated addresses if it asks; return the counts.

    Raises TaskFailure.
    """
    plan, out = making.plan, making.out
    write_attribution(out, plan.title, plan.inputs)
    write_licenses(out, plan.inputs)
    with making.clock.phase("inputs"):
        parts, inputs = _gathered(making)
    _write_parts(parts, NAME, making)
    report: dict[str, Any] = {"count": sum(part.count for part in parts), "bounds": bounds_of(parts), "inputs": inputs}
    if plan.deduplicate:
        with making.clock.phase("deduplicate"):
            fewer, dropped = _deduplicated(parts, making)
        report["deduplicated"] = {"count": sum(part.count for part in fewer), "dropped": dropped}
        if "geojson" in plan.formats:
            _write_geojson(fewer, making)
        _write_parts(fewer, DEDUPLICATED_NAME, making)
    return report


def member_name(about: ProductInput) -> str:
    """Return the path of a dataset in the GeoJSON zip: `us/ca/berkeley-addresses-city.geojson`."""
    return safe_path(f"{about.source_name}-{about.layer}-{about.name}".split("/")) + ".geojson"


def _gathered(making: BuildContext) -> tuple[list[Part], list[dict[str, Any]]]:
    """Read every dataset once: its rows into the parts, its lines into the zip."""
    gathering = making.gathering()
    archive = ZipWriter(making.out / f"{NAME}.geojson.zip") if "geojson" in making.plan.formats else None
    for about in making.inputs():
        path = next(making.files)
        gathering.add(path, about)
        if archive is None:
            continue
        if copies_lines(making.plan, about):
            _add_lines(archive, next(making.files), about)
        else:
            _add_rows(archive, member_name(about), read_input(path, about, making.plan.bbox))
    if archive is not None:
        _add_terms(archive, making.out)
        archive.close()
    return making.parts_of(gathering), gathering.inputs


def _add_lines(archive: ZipWriter, path: Path, about: ProductInput) -> None:
    """Copy the lines of a dataset as they were published. Raises TaskFailure."""
    lines = 0
    try:
        with gzip.open(path) as source, archive.member(member_name(about)) as target:
            while chunk := source.read(_CHUNK_BYTES):
                lines += chunk.count(b"\n")
                target.write(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise TaskFailure("source.format", f"{about.geojson_key} cannot be unpacked: {error}") from error
    if about.geojson_sha256 is None and lines != about.count:
        text = f"{about.geojson_key} has {lines:,} features, the plan says {about.count:,}; plan it again"
        raise TaskFailure("infra.storage", text)


def _add_rows(archive: ZipWriter, name: str, several: Iterator[RowBatch]) -> None:
    with archive.member(name) as target:
        for rows in several:
            target.write(feature_lines(rows, with_source=False).str.join("").item().encode())


def _add_terms(archive: ZipWriter, out: Path) -> None:
    for name in (ATTRIBUTION_FILE, LICENSES_FILE):
        archive.add(name, out / name)


def _deduplicated(parts: list[Part], making: BuildContext) -> tuple[list[Part], dict[str, int]]:
    """Return the parts with each address once; other layers stay as they are."""
    order = rank_datasets(about for about in making.plan.inputs if about.layer == "addresses")
    fewer: list[Part] = []
    dropped: dict[str, int] = {}
    for number, part in enumerate(parts):
        making.told("deduplicate", number, len(parts))
        if part.layer != "addresses":
            fewer.append(part)
            continue
        kept, reasons = deduplicate(part, order, making.work)
        fewer.append(kept)
        dropped = {name: dropped.get(name, 0) + reasons.get(name, 0) for name in sorted(dropped | reasons)}
    return fewer, dropped


def _write_geojson(parts: list[Part], making: BuildContext) -> None:
    """Write a member for each dataset that kept rows."""
    archive = ZipWriter(making.out / f"{DEDUPLICATED_NAME}.geojson.zip")
    names = {about.label: member_name(about) for about in making.plan.inputs}
    for part in parts:
        for label, several in groupby(_by_dataset(part), key=lambda pair: pair[0]):
            _add_rows(archive, names[label], (rows for _, rows in several))
    _add_terms(archive, making.out)
    archive.close()


def _by_dataset(part: Part) -> Iterator[tuple[str, RowBatch]]:
    """Yield the rows with the label of their dataset, which are one after another."""
    for rows in part.rows():
        labels = pl.Series(rows.batch.column("source"))
        runs = labels.rle().struct.unnest()
        start = 0
        for length, label in runs.iter_rows():
            yield label, RowBatch(rows.batch.slice(start, length), rows.layer)
            start += length


def _write_parts(parts: list[Part], name: str, making: BuildContext) -> None:
    """Write GeoParquet and tiles."""
    if "parquet" in making.plan.formats:
        making.told(f"{name}.parquet", 0, None)
        with making.clock.phase("parquet"):
            _write_parquet(parts, making.out / f"{name}.parquet.zip", making.out)
    if "pmtiles" in making.plan.formats:
        making.told(f"{name}.pmtiles", 0, None)
        with making.clock.phase("pmtiles"):
            write_tiles(parts, making.out / f"{name}.pmtiles", title=making.plan.title, work=making.work)


def _write_parquet(parts: list[Part], target: Path, out: Path) -> None:
    """Write a zip, not packed again, in whose folders Hive and its readers see country and layer."""
    archive = ZipWriter(target)
    for part in parts:
        country, layer = part.key
        archive.add(f"country={country}/layer={layer}/part-0.parquet", part.path, is_packed=False)
    _add_terms(archive, out)
    archive.close()
