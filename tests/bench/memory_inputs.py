"""The inputs of engine_memory.py: the same points in each format that the engine reads."""

import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from inputs import (
    NAMED,
    PLACE,
    POINTS,
    Kind,
    address_table,
    lon_lat,
    write_address_csv,
    write_address_geojson,
    write_point_shapefile,
)

ROWS = 500_000
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
_SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"
_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_SPREADSHEET}"/></manifest:manifest>'
)
_OPEN_DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.2" '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="a">'
)


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


def write_open_document(path: Path, rows: int) -> None:
    """Write points as an OpenDocument spreadsheet with texts in its cells."""
    table, x, y = _table_of_points(rows)
    columns = [table["SITEADDR"].to_pylist(), table["CITY"].to_pylist(), x.tolist(), y.tolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("mimetype", _SPREADSHEET, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        with archive.open("content.xml", "w") as sheet:
            sheet.write(_OPEN_DOCUMENT.encode())
            for row in [("SITEADDR", "CITY", "LONGITUDE", "LATITUDE"), *zip(*columns, strict=True)]:
                cells = (
                    f'<table:table-cell office:value-type="string"><text:p>{escape(str(cell))}</text:p>'
                    "</table:table-cell>"
                    for cell in row
                )
                sheet.write(f"<table:table-row>{''.join(cells)}</table:table-row>".encode())
            sheet.write(b"</table:table></office:spreadsheet></office:body></office:document-content>")


def write_geojson_lines(path: Path, rows: int) -> None:
    """Write points as one feature in each line."""
    table, x, y = _table_of_points(rows)
    texts = shapely.to_geojson(shapely.points(x, y))
    with path.open("w", encoding="utf-8") as file:
        for row, text in zip(table.to_pylist(), texts, strict=True):
            properties = json.dumps(row, ensure_ascii=False)
            file.write(f'{{"type": "Feature", "properties": {properties}, "geometry": {text}}}\n')


def write_arcgis_rows(path: Path, rows: int) -> None:
    """Write points as the features of an ArcGIS layer, one in each line; arcgis_layer.py serves them."""
    table, x, y = _table_of_points(rows)
    with path.open("w", encoding="utf-8") as file:
        for number, (row, east, north) in enumerate(zip(table.to_pylist(), x.tolist(), y.tolist(), strict=True), 1):
            feature = {"attributes": {"OBJECTID": number, **row}, "geometry": {"x": east, "y": north}}
            file.write(json.dumps(feature) + "\n")


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
    "geojson lines": Kind("addresses", "p-lines.geojson", {"format": "geojson", **POINTS}, ROWS, write_geojson_lines),
    "kml": Kind("addresses", "p.kml", {"format": "xml", **POINTS}, ROWS, ogr_writer("KML", ".kml")),
    "open document": Kind("addresses", "p.ods", {"format": "csv", **PLACE, **_SITE}, ROWS, write_open_document),
    "arcgis": Kind("addresses", "p.arcgis", {"format": "geojson", **POINTS}, ROWS, write_arcgis_rows, protocol="ESRI"),
}
