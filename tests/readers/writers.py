"""Writers of the formats: each returns the files of a table by their paths."""

import csv
import io
import json
import re
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely

from oa_task.read.gdal import pyogrio
from oa_task.read.wkb_geometry import WkbKind
from readers.shapes import KINDS
from readers.tables import Files, Table
from readers.texts import Naming, wrong_name
from support.dbf_writer import Field, dbf
from support.table_files import ods_body, parquet_of, xlsx_body

_TEXT_BYTES = 60
_CPG_OF = {"shift_jis": "932", "cp949": "949", "gbk": "936", "big5": "950", "iso8859-2": "ISO 88592", "utf-8": "UTF-8"}
LANGUAGE_OF = {
    "iso8859-1": 87,
    "cp1252": 3,
    "cp437": 1,
    "cp850": 2,
    "cp1250": 200,
    "cp1251": 201,
    "gbk": 77,
    "cp949": 78,
    "big5": 79,
}
CHARSET_OF = {
    "utf-8": "UTF-8",
    "cp1252": "WindowsLatin1",
    "cp1250": "WindowsLatin2",
    "cp1251": "WindowsCyrillic",
    "cp1253": "WindowsGreek",
    "cp1254": "WindowsTurkish",
    "gbk": "WindowsSimpChinese",
    "big5": "WindowsTradChinese",
    "shift_jis": "WindowsJapanese",
    "cp949": "WindowsKorean",
    "cp437": "CodePage437",
    "cp850": "CodePage850",
    "latin-1": "ISO8859_1",
    "iso8859-1": "ISO8859_1",
    "iso8859-2": "ISO8859_2",
}
_MAPINFO_BYTES = 254
_LAYER_TYPES = {
    WkbKind.POINT: "Point",
    WkbKind.LINE: "LineString",
    WkbKind.POLYGON: "Polygon",
    WkbKind.MULTI_POINT: "MultiPoint",
    WkbKind.CURVE_POLYGON: "MultiPolygon",
    WkbKind.MULTI_POLYGON: "MultiPolygon",
    WkbKind.MULTI_SURFACE: "MultiPolygon",
    WkbKind.POLYHEDRAL_SURFACE: "GeometryCollection",
    WkbKind.TIN: "GeometryCollection",
}
"""The types of layers of a file geodatabase; other kinds are in layers of lines."""


def _named_by_file(table: Table) -> str | None:
    """Return the encoding that the file names, None if it names none."""
    if table.naming is Naming.CONTRADICTION:
        return wrong_name(table.encoding)
    return table.encoding if table.naming is Naming.FILE else None


def _coordinates(body: shapely.Geometry | None) -> tuple[str, str]:
    return ("", "") if body is None or body.is_empty else (repr(body.x), repr(body.y))


def write_csv(table: Table, *, name: str = "data.csv", delimiter: str = ",") -> Files:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(["NO", "ST", "X", "Y"])
    for row, street, shape in zip(table.ids, table.texts, table.plain, strict=True):
        writer.writerow([row, street, *_coordinates(shape)])
    codec = "utf-8-sig" if table.encoding == "utf-8" and table.naming is Naming.FILE else table.encoding
    return {name: text.getvalue().encode(codec)}


def _features(table: Table) -> list[dict[str, object]]:
    heights = table.dimensions == "Z"
    return [
        {
            "type": "Feature",
            "properties": {"NO": row, "ST": street},
            "geometry": None if shape is None else json.loads(shapely.to_geojson(_raise_shape(shape, heights=heights))),
        }
        for row, street, shape in zip(table.ids, table.texts, table.plain, strict=True)
    ]


def _raise_shape(shape: shapely.Geometry, *, heights: bool) -> shapely.Geometry:
    return shapely.force_3d(shape, 7.5) if heights else shape


def write_geojson(table: Table) -> Files:
    features = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in _features(table))
    text = '{"type": "FeatureCollection", "features": [\n' + features + "\n]}\n"
    return {"data.geojson": text.encode(table.encoding)}


def write_geojson_lines(table: Table) -> Files:
    text = "".join(json.dumps(feature, ensure_ascii=False) + "\n" for feature in _features(table))
    return {"data.geojsonl": text.encode(table.encoding)}


def write_by_gdal(table: Table, *, name: str, driver: str, layer_type: str = "Unknown", **options: str) -> Files:
    """Return all files that a driver of GDAL writes, by their paths."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of surfaces that are an extension of the format
        pyogrio.raw.write(
            Path(folder) / name,
            np.array(table.bodies, dtype=object),
            [np.array(table.ids, dtype=object), np.array(table.texts, dtype=object)],
            ["NO", "ST"],
            geometry_type=layer_type,
            crs="EPSG:4326",
            driver=driver,
            **options,
        )
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def write_gdb(table: Table) -> Files:
    name = _LAYER_TYPES.get(KINDS[table.kind].wkb, "MultiLineString")
    suffix = f" {table.dimensions}" if table.dimensions else ""
    return write_by_gdal(table, name="data.gdb", driver="OpenFileGDB", layer_type=name + suffix)


def write_shapefile(table: Table, *, has_language_byte: bool = False) -> Files:
    """Return a shapefile by GDAL with a .dbf of our own, in any encoding."""
    files = write_by_gdal(table, name="data.shp", driver="ESRI Shapefile")
    del files["data.cpg"]
    named = _named_by_file(table)
    language = LANGUAGE_OF[named] if named and has_language_byte else 0
    files["data.dbf"] = _table_of(table, _TEXT_BYTES, language)
    if named and not has_language_byte:
        files["data.cpg"] = _CPG_OF.get(named, named).encode()
    return files


def _table_of(table: Table, width: int, language: int = 0, fill: bytes = b" ") -> bytes:
    cells = [(row.encode(), street.encode(table.encoding)) for row, street in zip(table.ids, table.texts, strict=True)]
    rows = [[cell.ljust(width, fill) for cell in row] for row in cells]
    return dbf([Field(b"NO", width=width), Field(b"ST", width=width)], rows, language=language)


def write_tab(table: Table) -> Files:
    """Return a MapInfo table by GDAL with a .dat of our own, in any encoding."""
    ascii_only = replace(table, texts=table.ids)
    files = write_by_gdal(ascii_only, name="data.tab", driver="MapInfo File", ENCODING="UTF-8")
    named = _named_by_file(table)
    charset = CHARSET_OF[named] if named else "Neutral"
    files["data.tab"] = re.sub(
        rb'(charset )"?UTF-8"?', rb'\1"%b"' % charset.encode(), files["data.tab"], flags=re.IGNORECASE
    )
    files["data.dat"] = _table_of(table, _MAPINFO_BYTES, fill=b"\0")
    return files


def write_mif(table: Table) -> Files:
    """Return the texts of MapInfo's exchange format."""
    files = write_by_gdal(table, name="data.mif", driver="MapInfo File", ENCODING="UTF-8")
    named = _named_by_file(table)
    charset = CHARSET_OF[named] if named else "Neutral"
    header = re.sub('(?i)charset "UTF-8"', f'Charset "{charset}"', files["data.mif"].decode())
    return {"data.mif": header.encode(table.encoding), "data.mid": files["data.mid"].decode().encode(table.encoding)}


def write_xml(table: Table, *, name: str, driver: str) -> Files:
    """Return one file of XML in the encoding of the table."""
    text = write_by_gdal(table, name=name, driver=driver)[name].decode()
    named = _named_by_file(table)
    declared = f' encoding="{named}"' if named else ""
    return {name: re.sub(r"^<\?xml[^>]*\?>", f'<?xml version="1.0"{declared} ?>', text).encode(table.encoding)}


def _cells(table: Table) -> list[tuple[object, ...]]:
    rows = [
        (row, street, *((None, None) if shape is None or shape.is_empty else (shape.x, shape.y)))
        for row, street, shape in zip(table.ids, table.texts, table.plain, strict=True)
    ]
    return [("NO", "ST", "X", "Y"), *rows]


def write_xlsx(table: Table) -> Files:
    return {"data.xlsx": xlsx_body({"Addresses": tuple(_cells(table))})}


def write_ods(table: Table) -> Files:
    return {"data.ods": ods_body(tuple(_cells(table)))}


def write_parquet(table: Table) -> Files:
    header, *rows = _cells(table)
    columns = {str(name): [row[place] for row in rows] for place, name in enumerate(header)}
    return {"data.parquet": parquet_of(columns)}


def write_geoparquet(table: Table) -> Files:
    columns = {"NO": table.ids, "ST": table.texts, "geometry": table.bodies}
    return {"data.parquet": parquet_of(columns, is_geo=True)}
