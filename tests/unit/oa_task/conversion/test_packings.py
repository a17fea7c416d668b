"""Every packing of every format gives its rows, also packed twice; the bytes decide, not the definition."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from oa_task.conversion.archive_members import NameHints
from oa_task.conversion.unpacking import unpack
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Points
from oa_task.read.source import open_batches
from support.packings import CONTAINERS, STREAMS, pack_zip
from support.readers import ReadResult, entry_of
from support.table_files import FORMATS, ROWS, csv_body

EXPECTED = [(number, street, round(x, 6), round(y, 6)) for number, street, x, y in ROWS]
SINGLE = [name for name in FORMATS if name not in {"shapefile", "geodatabase", "MapInfo TAB", "MapInfo MIF"}]


@cache
def files_of(name: str) -> Mapping[str, bytes]:
    return FORMATS[name][1]()


def read_body(
    body: bytes, folder: Path, declared: str, compression: str | None = None, name: str = "download", **conform: Any
) -> ReadResult:
    """Unpack and read a download as a conversion does."""
    path, unpacked = folder / name, folder / "unpacked"
    path.write_bytes(body)
    unpacked.mkdir()
    entry = entry_of({"format": declared, "lon": "X", "lat": "Y", **conform})
    bad_rows = BadRows()
    hints = NameHints(conform.get("encoding"), conform.get("file"))
    files = unpack(path, compression, unpacked, hints=hints, warn=bad_rows.warn)
    return ReadResult(list(open_batches(files, entry, bad_rows=bad_rows)), bad_rows)


def rows_of(result: ReadResult) -> list[tuple[str, str, float, float]]:
    points = []
    for batch in result.batches:
        if isinstance(batch.geometry, Points):
            points += zip(batch.geometry.x.tolist(), batch.geometry.y.tolist(), strict=True)
        else:
            points += [(shape.x, shape.y) for shape in batch.geometry.array]
    rows = zip(result.column("NO"), result.column("ST"), points, strict=True)
    return [(number, street, round(x, 6), round(y, 6)) for number, street, (x, y) in rows]


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("packing", CONTAINERS)
def test_container_of_any_format_gives_its_rows(packing: str, format_name: str, tmp_path: Path) -> None:
    files = {f"folder/{name}": body for name, body in files_of(format_name).items()}
    result = read_body(CONTAINERS[packing](files), tmp_path, FORMATS[format_name][0])
    assert rows_of(result) == EXPECTED


@pytest.mark.parametrize("format_name", SINGLE)
@pytest.mark.parametrize("packing", STREAMS)
def test_compressed_file_of_any_format_gives_its_rows(packing: str, format_name: str, tmp_path: Path) -> None:
    (body,) = files_of(format_name).values()
    assert rows_of(read_body(STREAMS[packing](body), tmp_path, FORMATS[format_name][0])) == EXPECTED


@pytest.mark.parametrize("format_name", SINGLE)
def test_file_without_suffix_of_any_format_gives_its_rows(format_name: str, tmp_path: Path) -> None:
    (body,) = files_of(format_name).values()
    assert rows_of(read_body(body, tmp_path, FORMATS[format_name][0])) == EXPECTED


@pytest.mark.parametrize("inner", [*CONTAINERS, *STREAMS])
@pytest.mark.parametrize("outer", [*CONTAINERS, *STREAMS])
def test_packing_in_any_packing_gives_its_rows(outer: str, inner: str, tmp_path: Path) -> None:
    body = CONTAINERS[inner]({"a.csv": csv_body()}) if inner in CONTAINERS else STREAMS[inner](csv_body())
    packed = CONTAINERS[outer]({"inner": body}) if outer in CONTAINERS else STREAMS[outer](body)
    assert rows_of(read_body(packed, tmp_path, "csv")) == EXPECTED


@pytest.mark.parametrize("declared", ["zip", "gzip"])
@pytest.mark.parametrize("packing", [*CONTAINERS, *STREAMS, "none"])
def test_declared_compression_that_differs_is_a_warning(packing: str, declared: str, tmp_path: Path) -> None:
    if packing == "none":
        body = csv_body()
    else:
        body = CONTAINERS[packing]({"a.csv": csv_body()}) if packing in CONTAINERS else STREAMS[packing](csv_body())
    result = read_body(body, tmp_path, "csv", declared)
    assert rows_of(result) == EXPECTED
    is_zip = packing.startswith("zip")
    is_gzip = packing.startswith("gzip") or packing == "tar.gz"
    assert [f"`compression` is {declared}" in warning for warning in result.bad_rows.warnings] == (
        [] if (is_zip if declared == "zip" else is_gzip) else [True]
    )


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("declared", ["csv", "geojson", "shapefile", "gpkg", "gdb", "xml"])
def test_declared_format_that_differs_is_read_with_a_warning(declared: str, format_name: str, tmp_path: Path) -> None:
    if format_name == "CSV" and declared != "csv":
        pytest.skip("text is a table only if the definition says so")
    result = read_body(pack_zip(files_of(format_name)), tmp_path, declared)
    assert rows_of(result) == EXPECTED
    named_alike = {("KML", "xml"), (format_name, FORMATS[format_name][0])} - {("MapInfo TAB", "shapefile")}
    is_own = (format_name, declared) in named_alike and format_name in {
        *("CSV", "GeoJSON", "shapefile", "GeoPackage", "geodatabase", "GML", "KML")
    }
    assert any("`conform.format`" in warning for warning in result.bad_rows.warnings) is not is_own


def test_geodatabase_is_known_by_its_content_in_any_folder(tmp_path: Path) -> None:
    for place, prefix in enumerate(["", "x/", "export 2024/b.d/", "a.gdb/", "x/data.GDB/"]):
        files = {prefix + name.partition("/")[2]: body for name, body in files_of("geodatabase").items()}
        for nested, body in enumerate([pack_zip(files), pack_zip({"b.gdb.zip": pack_zip(files), "readme.txt": b"x"})]):
            folder = tmp_path / f"{place}-{nested}"
            folder.mkdir()
            assert rows_of(read_body(body, folder, "gdb")) == EXPECTED
