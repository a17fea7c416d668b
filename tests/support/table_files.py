"""The same three rows in every format that the engine reads, as the files of that format."""

import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from oa_task.read.gdal import pyogrio
from support.packings import pack_zip

Files = Mapping[str, bytes]
Row = tuple[str, str, float, float]
ROWS: tuple[Row, ...] = (("1", "Main St", 8.01, 47.5), ("12a", "Élan Rd", 8.02, 47.25), ("3", "Oak Ave", 8.03, 47.0))
_COLUMNS = ("NO", "ST", "X", "Y")
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_ODS_TEXT = 'office:value-type="string"'
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns"


def csv_body() -> bytes:
    return "\n".join(",".join(map(str, row)) for row in (_COLUMNS, *ROWS)).encode()


def geojson_body() -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"NO": number, "ST": street},
            "geometry": {"type": "Point", "coordinates": [x, y]},
        }
        for number, street, x, y in ROWS
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def by_gdal(name: str, **options: str) -> dict[str, bytes]:
    """Return the files that GDAL writes in the format that a name states, by their paths."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        bodies = shapely.to_wkb(shapely.points([row[2:] for row in ROWS]))
        columns = [np.array([row[index] for row in ROWS], dtype=object) for index in (0, 1)]
        pyogrio.raw.write(path, bodies, columns, _COLUMNS[:2], geometry_type="Point", crs="EPSG:4326", **options)
        return {
            item.relative_to(folder).as_posix(): item.read_bytes()
            for item in sorted(Path(folder).rglob("*"))
            if item.is_file()
        }


def gml_body() -> bytes:
    features = "".join(
        f"<gml:featureMember><a:P><a:NO>{number}</a:NO><a:ST>{street}</a:ST><a:g><gml:Point srsName='EPSG:4326'>"
        f"<gml:coordinates>{x},{y}</gml:coordinates></gml:Point></a:g></a:P></gml:featureMember>"
        for number, street, x, y in ROWS
    )
    spaces = "xmlns:a='http://a' xmlns:gml='http://www.opengis.net/gml'"
    return f"<?xml version='1.0'?><gml:FeatureCollection {spaces}>{features}</gml:FeatureCollection>".encode()


def kml_body() -> bytes:
    places = "".join(
        f"<Placemark><ExtendedData><Data name='NO'><value>{number}</value></Data><Data name='ST'>"
        f"<value>{street}</value></Data></ExtendedData><Point><coordinates>{x},{y}</coordinates></Point></Placemark>"
        for number, street, x, y in ROWS
    )
    return f"<kml xmlns='http://www.opengis.net/kml/2.2'><Document>{places}</Document></kml>".encode()


def xlsx_body(sheets: Mapping[str, object] | None = None, *, state: str = "visible") -> bytes:
    """Return a workbook with a sheet for each name; numbers become number cells. The first has the `state`."""
    sheets = sheets or {"Addresses": (_COLUMNS, *ROWS)}
    books = "".join(
        f'<sheet name="{name}" sheetId="{place}" r:id="r{place}" state="{state if place == 1 else "visible"}"/>'
        for place, name in enumerate(sheets, 1)
    )
    links = "".join(
        f'<Relationship Id="r{place}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{place}.xml"/>'
        for place in range(1, len(sheets) + 1)
    )
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{place}.xml" ContentType="{main}.worksheet+xml"/>'
        for place in range(1, len(sheets) + 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{main}.sheet.main+xml"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_RELATIONS}"><sheets>{books}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>',
    }
    for place, rows in enumerate(sheets.values(), 1):
        parts[f"xl/worksheets/sheet{place}.xml"] = _xlsx_sheet(rows)  # type: ignore[arg-type] # rows of cells
    return pack_zip({name: text.encode() for name, text in parts.items()})


def _xlsx_sheet(rows: tuple[tuple[object, ...], ...]) -> str:
    lines = []
    for line, row in enumerate(rows, 1):
        cells = "".join(_xlsx_cell(f"{chr(65 + place)}{line}", value) for place, value in enumerate(row))
        lines.append(f'<row r="{line}">{cells}</row>')
    return f'<worksheet xmlns="{_SHEET}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _xlsx_cell(place: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


def ods_body(cells: Sequence[tuple[object, ...]] = (_COLUMNS, *ROWS), *, between: str = "") -> bytes:
    """Return an OpenDocument spreadsheet, with white space of some programs `between` its elements."""
    rows = between.join(
        f"<table:table-row>{between}{between.join(map(_ods_cell, row))}{between}</table:table-row>" for row in cells
    )
    spaces = " ".join(f'xmlns:{name}="{_OFFICE}:{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name='A'>{between}"
        f"{rows}{between}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    entry = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mimetype}"/>'
    manifest = f'<manifest:manifest xmlns:manifest="{_OFFICE}:manifest:1.0">{entry}</manifest:manifest>'
    parts = {"mimetype": mimetype, "content.xml": content, "META-INF/manifest.xml": manifest}
    return pack_zip({name: text.encode() for name, text in parts.items()}, zipfile.ZIP_STORED)


def _ods_cell(value: object) -> str:
    if value is None:
        return "<table:table-cell/>"
    kind = f'office:value-type="float" office:value="{value}"' if isinstance(value, float) else _ODS_TEXT
    return f"<table:table-cell {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"


def parquet_body(*, is_geo: bool) -> bytes:
    data: dict[str, Sequence[object]] = {"NO": [row[0] for row in ROWS], "ST": [row[1] for row in ROWS]}
    if is_geo:
        return parquet_of(
            {**data, "geometry": list(shapely.to_wkb(shapely.points([row[2:] for row in ROWS])))}, is_geo=True
        )
    return parquet_of({**data, "X": [row[2] for row in ROWS], "Y": [row[3] for row in ROWS]})


def parquet_of(columns: Mapping[str, Sequence[object]], *, is_geo: bool = False) -> bytes:
    """Return Parquet, or GeoParquet whose column `geometry` has WKB."""
    table = pa.table({name: list(values) for name, values in columns.items()})
    if is_geo:
        geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB"}}}
        table = table.replace_schema_metadata({"geo": json.dumps(geo)})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, write_page_checksum=True)
    return bytes(sink.getvalue().to_pybytes())


FORMATS: dict[str, tuple[str, Callable[[], Files]]] = {
    "CSV": ("csv", lambda: {"a.csv": csv_body()}),
    "GeoJSON": ("geojson", lambda: {"a.geojson": geojson_body()}),
    "shapefile": ("shapefile", lambda: by_gdal("a.shp", encoding="UTF-8")),
    "GeoPackage": ("gpkg", lambda: by_gdal("a.gpkg")),
    "geodatabase": ("gdb", lambda: by_gdal("a.gdb", driver="OpenFileGDB")),
    "GML": ("xml", lambda: {"a.gml": gml_body()}),
    "KML": ("xml", lambda: {"doc.kml": kml_body()}),
    "MapInfo TAB": ("shapefile", lambda: by_gdal("a.tab", driver="MapInfo File", ENCODING="UTF-8")),
    "MapInfo MIF": ("shapefile", lambda: by_gdal("a.mif", driver="MapInfo File", ENCODING="UTF-8")),
    "Excel": ("csv", lambda: {"a.xlsx": xlsx_body()}),
    "OpenDocument": ("csv", lambda: {"a.ods": ods_body()}),
    "OpenDocument with white space": ("csv", lambda: {"a.ods": ods_body(between="\n ")}),
    "Parquet": ("csv", lambda: {"a.parquet": parquet_body(is_geo=False)}),
    "GeoParquet": ("geojson", lambda: {"a.parquet": parquet_body(is_geo=True)}),
}
"""For each format: what a definition declares for it, and a function that returns its files."""
