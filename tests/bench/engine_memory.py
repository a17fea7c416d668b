"""Peak memory of whole jobs: `oa-task run` with every output on 500,000 points of each format, and exports of as many.

"MiB" counts all processes of a job with the files that they map, "without files" leaves these out, because the kernel
drops their pages before it ends a process. Nothing fails this benchmark; the goal is GOAL_MIB without files.
OA_BENCH_SCALE=10 makes the inputs ten times as long, OA_BENCH_FORMATS=csv,gpkg selects some of them.
"""

import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from engine_products import PRODUCTS, publish
from engine_speed import DATA, run_engine, serve
from inputs import (
    NAMED,
    PLACE,
    POINTS,
    Kind,
    address_table,
    lon_lat,
    make,
    write_address_csv,
    write_address_geojson,
    write_point_shapefile,
)
from meter import Run, measure

ROWS = 500_000
GOAL_MIB = 600
EXPORTS = tuple(f"export {name}" for name in ("csv", "geojson", "parquet", "gpkg", "flatgeobuf", "shapefile"))
_SHEET = (
    '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData>"
)
_BOOK = (
    '<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'
)
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
    f'ContentType="{_SHEET_TYPE}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
    f'ContentType="{_SHEET_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{_OFFICE}/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{_OFFICE}/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/workbook.xml": _BOOK,
}


@dataclass(frozen=True, slots=True)
class Peak:
    """The cost of one job."""

    what: str
    rows: int
    run: Run


def _table_of_points(rows: int) -> tuple[pa.Table, np.ndarray, np.ndarray]:
    random = np.random.default_rng(9)
    table = address_table(random, rows)
    return (table, *lon_lat(random, rows))


def ogr_writer(driver: str, suffix: str) -> Callable[[Path, int], None]:
    """Return a function that writes points by a driver of GDAL; a folder or several files as a zip."""

    def write(path: Path, rows: int) -> None:
        table, x, y = _table_of_points(rows)
        table = table.append_column("geometry", pa.array(shapely.to_wkb(shapely.points(x, y)), pa.binary()))
        with tempfile.TemporaryDirectory(dir=path.parent) as name:
            target = Path(name) / f"points{suffix}"
            options = {"driver": driver, "geometry_type": "Point", "crs": "EPSG:4326", "layer": "points"}
            pyogrio.write_arrow(table, target, geometry_name="geometry", **options)
            written = sorted(item for item in Path(name).rglob("*") if item.is_file())
            if len(written) == 1:
                written[0].rename(path)
                return
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                for item in written:
                    archive.write(item, str(item.relative_to(name)))

    return write


def write_parquet(path: Path, rows: int) -> None:
    """Write points as Parquet with columns of coordinates."""
    table, x, y = _table_of_points(rows)
    pq.write_table(table.append_column("LONGITUDE", pa.array(x)).append_column("LATITUDE", pa.array(y)), path)


def write_workbook(path: Path, rows: int) -> None:
    """Write points as a workbook with texts in its cells."""
    table, x, y = _table_of_points(rows)
    columns = [table["SITEADDR"].to_pylist(), table["CITY"].to_pylist(), x.tolist(), y.tolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part, text in _PARTS.items():
            archive.writestr(part, text)
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(_SHEET.encode())
            for row in [("SITEADDR", "CITY", "LONGITUDE", "LATITUDE"), *zip(*columns, strict=True)]:
                cells = (f'<c t="inlineStr"><is><t>{str(cell).replace("&", "&amp;")}</t></is></c>' for cell in row)
                sheet.write(f"<row>{''.join(cells)}</row>".encode())
            sheet.write(b"</sheetData></worksheet>")


_SITE = {"number": {"function": "prefixed_number", "field": "SITEADDR"}, "street": "SITEADDR", "city": "CITY"}
_OGR = {"format": "shapefile", **POINTS}
FORMATS = {
    "csv": Kind("addresses", "p.csv", {"format": "csv", **PLACE, **NAMED}, ROWS, write_address_csv),
    "geojson": Kind("addresses", "p.geojson", {"format": "geojson", **POINTS}, ROWS, write_address_geojson),
    "shapefile": Kind("addresses", "p-shp.zip", _OGR, ROWS, write_point_shapefile, "zip"),
    "geopackage": Kind("addresses", "p.gpkg", {"format": "gpkg", **POINTS}, ROWS, ogr_writer("GPKG", ".gpkg")),
    "file geodatabase": Kind(
        "addresses", "p-gdb.zip", {"format": "gdb", **POINTS}, ROWS, ogr_writer("OpenFileGDB", ".gdb"), "zip"
    ),
    "gml": Kind("addresses", "p.gml.zip", {"format": "xml", **POINTS}, ROWS, ogr_writer("GML", ".gml"), "zip"),
    "mapinfo": Kind("addresses", "p-tab.zip", _OGR, ROWS, ogr_writer("MapInfo File", ".tab"), "zip"),
    "parquet": Kind("addresses", "p.parquet", {"format": "csv", **PLACE, **_SITE}, ROWS, write_parquet),
    "workbook": Kind("addresses", "p.xlsx", {"format": "csv", **PLACE, **_SITE}, ROWS, write_workbook),
}


def measure_input(name: str, kind: Kind, scale: float, folder: Path) -> Peak:
    """Measure a job of one format."""
    data = make(kind, DATA / "memory", scale)
    with serve(data.parent) as url, tempfile.TemporaryDirectory(dir=folder) as out:
        source = Path(out) / "source.json"
        source.write_text(json.dumps(kind.definition(f"{url}/{data.name}")), encoding="utf-8")
        run = run_engine(source, kind, Path(out) / "out", ())
    return Peak(name, json.loads(run.output)["count"], run)


def measure_export(product: dict[str, Any], datasets: list[dict[str, Any]], folder: Path) -> Run:
    """Measure an export."""
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"v": 1, "title": "bench", "inputs": datasets, **product}), encoding="utf-8")
    program = str(Path(sys.executable).with_name("oa-task"))
    with tempfile.TemporaryDirectory(dir=folder) as out:
        return measure([program, "build", str(plan), "--inputs", str(folder), "--out", out, "--json"])


def show(peak: Peak) -> None:
    """Print the cost of a job as soon as it has ended: all of them together take minutes."""
    run = peak.run
    seconds = f"{run.wall_s:.1f} s, {run.processor_s:.1f} s of processor"
    own = f"{run.peak_own_mib:.0f} MiB without files"
    print(f"{peak.what:<20} {peak.rows:>9,} rows  {run.peak_mib:>5.0f} MiB, {own}; {seconds}", flush=True)


def main() -> int:
    """Measure the selected formats and exports."""
    scale = float(os.environ.get("OA_BENCH_SCALE", "1"))
    selected = os.environ.get("OA_BENCH_FORMATS", ",".join([*FORMATS, *(f"export {name}" for name in EXPORTS)])).split(
        ","
    )
    print(f"memory of whole jobs, goal {GOAL_MIB} MiB without files")
    with tempfile.TemporaryDirectory(prefix="oa-bench-") as name:
        folder = Path(name)
        for what, kind in FORMATS.items():
            if what in selected:
                show(measure_input(what, kind, scale, folder))
        exports = [what for what in EXPORTS if what in selected]
        datasets = [publish(folder, number) for number in range(round(10 * scale))] if exports else []
        rows = sum(dataset["count"] for dataset in datasets)
        for what in exports:
            show(Peak(what, rows, measure_export(PRODUCTS[what], datasets, folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
