"""Writers of the formats: the files of a table, and what each format can hold."""

import csv
import io
import json
import re
import tempfile
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import shapely

from oa_task.read.gdal import pyogrio
from oa_task.read.wkb_geometry import WkbKind
from readers.shapes import DIMENSIONS, KINDS, Gaps
from readers.texts import ENCODINGS, Naming, wrong_name
from support.dbf_writer import Field, dbf
from support.table_files import ods_body, parquet_of, xlsx_body

Files = dict[str, bytes]
_ANY_KIND = frozenset(KINDS)
_STRAIGHT = frozenset({"point", "line", "polygon", "points", "lines", "polygons", "collection"})
_COLLECTIONS = frozenset({"collection", "collection of curves"})
_UTF8_ONLY = frozenset({("utf-8", Naming.NOTHING), ("ascii", Naming.NOTHING)})
_TEXT_BYTES = 60
_CPG_OF = {"shift_jis": "932", "cp949": "949", "gbk": "936", "big5": "950", "iso8859-2": "ISO 88592", "utf-8": "UTF-8"}
_LANGUAGE_OF = {
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
_CHARSET_OF = {
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


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with an identifier, a text and a geometry as WKB, None for none, and the way to write them.

    `plain` has the shapes in two dimensions that formats without curves write.
    """

    ids: list[str]
    texts: list[str]
    bodies: Sequence[bytes | None]
    plain: Sequence[shapely.Geometry | None]
    kind: str
    dimensions: str
    encoding: str
    naming: Naming


@dataclass(frozen=True, slots=True)
class ReaderFormat:
    """A format and what it can hold.

    `conform` selects it in a definition. `members` are patterns of the files that hold rows, `companions` the suffixes
    of files that may get lost. `spellings` are encodings and ways to name them. `announces` is set if the data states
    how many rows it has, or if its end shows. `is_declared` is not set if definitions have no word for the format.
    """

    conform: Mapping[str, str]
    write: Callable[[Table], Files]
    members: tuple[str, ...]
    kinds: frozenset[str] = _ANY_KIND
    dimensions: tuple[str, ...] = DIMENSIONS
    spellings: frozenset[tuple[str, Naming]] = _UTF8_ONLY
    companions: tuple[str, ...] = ()
    announces: bool = True
    is_declared: bool = True
    gaps: frozenset[str] = frozenset(Gaps)
    own_type_dimensions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def holds(self, kind: str, dimensions: str) -> bool:
        """Return whether the format has this kind of geometry."""
        return kind in self.kinds and dimensions in self.own_type_dimensions.get(kind, self.dimensions)


def _spellings(
    named_by_file: Iterable[str], without: Collection[str] = (), *, may_contradict: bool = False
) -> frozenset[tuple[str, Naming]]:
    """Return each encoding named by the definition or by nothing, and some of them named by the file, too."""
    names = [name for name in ENCODINGS if name not in without]
    namings = [Naming.DEFINITION, Naming.NOTHING, *([Naming.CONTRADICTION] if may_contradict else [])]
    by_others = {(name, naming) for name in names for naming in namings}
    return frozenset(by_others | {(name, Naming.FILE) for name in named_by_file})


def _named_by_file(table: Table) -> str | None:
    """Return the encoding that the file names, None if it names none."""
    if table.naming is Naming.CONTRADICTION:
        return wrong_name(table.encoding)
    return table.encoding if table.naming is Naming.FILE else None


def _coordinates(body: shapely.Geometry | None) -> tuple[str, str]:
    return ("", "") if body is None or body.is_empty else (repr(body.x), repr(body.y))


def _write_csv(table: Table, *, name: str = "data.csv", delimiter: str = ",") -> Files:
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
            "geometry": None if shape is None else json.loads(shapely.to_geojson(_raised(shape, heights=heights))),
        }
        for row, street, shape in zip(table.ids, table.texts, table.plain, strict=True)
    ]


def _raised(shape: shapely.Geometry, *, heights: bool) -> shapely.Geometry:
    return shapely.force_3d(shape, 7.5) if heights else shape


def _write_geojson(table: Table) -> Files:
    features = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in _features(table))
    text = '{"type": "FeatureCollection", "features": [\n' + features + "\n]}\n"
    return {"data.geojson": text.encode(table.encoding)}


def _write_geojson_lines(table: Table) -> Files:
    text = "".join(json.dumps(feature, ensure_ascii=False) + "\n" for feature in _features(table))
    return {"data.geojsonl": text.encode(table.encoding)}


def _write_by_gdal(table: Table, *, name: str, driver: str, layer_type: str = "Unknown", **options: str) -> Files:
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


def _write_gdb(table: Table) -> Files:
    name = _LAYER_TYPES.get(KINDS[table.kind].wkb, "MultiLineString")
    suffix = f" {table.dimensions}" if table.dimensions else ""
    return _write_by_gdal(table, name="data.gdb", driver="OpenFileGDB", layer_type=name + suffix)


def _write_shapefile(table: Table, *, has_language_byte: bool = False) -> Files:
    """Return a shapefile by GDAL with a .dbf of our own, in any encoding."""
    files = _write_by_gdal(table, name="data.shp", driver="ESRI Shapefile")
    del files["data.cpg"]
    named = _named_by_file(table)
    language = _LANGUAGE_OF[named] if named and has_language_byte else 0
    files["data.dbf"] = _table_of(table, _TEXT_BYTES, language)
    if named and not has_language_byte:
        files["data.cpg"] = _CPG_OF.get(named, named).encode()
    return files


def _table_of(table: Table, width: int, language: int = 0, fill: bytes = b" ") -> bytes:
    cells = [(row.encode(), street.encode(table.encoding)) for row, street in zip(table.ids, table.texts, strict=True)]
    rows = [[cell.ljust(width, fill) for cell in row] for row in cells]
    return dbf([Field(b"NO", width=width), Field(b"ST", width=width)], rows, language=language)


def _write_tab(table: Table) -> Files:
    """Return a MapInfo table by GDAL with a .dat of our own, in any encoding."""
    ascii_only = replace(table, texts=table.ids)
    files = _write_by_gdal(ascii_only, name="data.tab", driver="MapInfo File", ENCODING="UTF-8")
    named = _named_by_file(table)
    charset = _CHARSET_OF[named] if named else "Neutral"
    files["data.tab"] = re.sub(
        rb'(charset )"?UTF-8"?', rb'\1"%b"' % charset.encode(), files["data.tab"], flags=re.IGNORECASE
    )
    files["data.dat"] = _table_of(table, _MAPINFO_BYTES, fill=b"\0")
    return files


def _write_mif(table: Table) -> Files:
    """Return the texts of MapInfo's exchange format."""
    files = _write_by_gdal(table, name="data.mif", driver="MapInfo File", ENCODING="UTF-8")
    named = _named_by_file(table)
    charset = _CHARSET_OF[named] if named else "Neutral"
    header = re.sub('(?i)charset "UTF-8"', f'Charset "{charset}"', files["data.mif"].decode())
    return {"data.mif": header.encode(table.encoding), "data.mid": files["data.mid"].decode().encode(table.encoding)}


def _write_xml(table: Table, *, name: str, driver: str) -> Files:
    """Return one file of XML in the encoding of the table."""
    text = _write_by_gdal(table, name=name, driver=driver)[name].decode()
    named = _named_by_file(table)
    declared = f' encoding="{named}"' if named else ""
    return {name: re.sub(r"^<\?xml[^>]*\?>", f'<?xml version="1.0"{declared} ?>', text).encode(table.encoding)}


def _cells(table: Table) -> list[tuple[object, ...]]:
    rows = [
        (row, street, *((None, None) if shape is None or shape.is_empty else (shape.x, shape.y)))
        for row, street, shape in zip(table.ids, table.texts, table.plain, strict=True)
    ]
    return [("NO", "ST", "X", "Y"), *rows]


def _write_xlsx(table: Table) -> Files:
    return {"data.xlsx": xlsx_body({"Addresses": tuple(_cells(table))})}


def _write_ods(table: Table) -> Files:
    return {"data.ods": ods_body(tuple(_cells(table)))}


def _write_parquet(table: Table) -> Files:
    header, *rows = _cells(table)
    columns = {str(name): [row[place] for row in rows] for place, name in enumerate(header)}
    return {"data.parquet": parquet_of(columns)}


def _write_geoparquet(table: Table) -> Files:
    columns = {"NO": table.ids, "ST": table.texts, "geometry": table.bodies}
    return {"data.parquet": parquet_of(columns, is_geo=True)}


_NOT_FOR_TABLES = ("utf-16",)
_CSV = {"format": "csv", "lon": "X", "lat": "Y"}
_POINTS = frozenset({"point"})
_MAPINFO_KINDS = frozenset({"point", "line", "polygon", "lines", "polygons"})
_WITHOUT_EMPTIES = frozenset({Gaps.NONE, Gaps.NULL})
_SHAPEFILE_KINDS = _ANY_KIND - _COLLECTIONS
_XML_ENCODINGS = tuple(name for name in ENCODINGS if name not in {"cp437", "cp850"})

READER_FORMATS: dict[str, ReaderFormat] = {
    "CSV": ReaderFormat(
        _CSV,
        _write_csv,
        ("*.csv",),
        kinds=_POINTS,
        dimensions=("",),
        spellings=_spellings(("utf-8", "utf-16")),
        announces=False,
    ),
    "CSV with semicolons": ReaderFormat(
        {**_CSV, "csvsplit": ";"},
        partial(_write_csv, name="data.txt", delimiter=";"),
        ("*.txt",),
        kinds=_POINTS,
        dimensions=("",),
        spellings=_spellings(("utf-8", "utf-16")),
        announces=False,
    ),
    "GeoJSON": ReaderFormat(
        {"format": "geojson"},
        _write_geojson,
        ("*.geojson",),
        kinds=_STRAIGHT,
        dimensions=("", "Z"),
        spellings=_spellings(("utf-16",)),
    ),
    "GeoJSON lines": ReaderFormat(
        {"format": "geojson"},
        _write_geojson_lines,
        ("*.geojsonl",),
        kinds=_STRAIGHT,
        dimensions=("", "Z"),
        spellings=_spellings(("utf-16",)),
        announces=False,
    ),
    "shapefile": ReaderFormat(
        {"format": "shapefile"},
        _write_shapefile,
        ("*.dbf", "*.shp", "*.shx"),
        kinds=_SHAPEFILE_KINDS,
        spellings=_spellings([name for name in ENCODINGS if name != "utf-16"], _NOT_FOR_TABLES, may_contradict=True),
        companions=(".shx", ".dbf", ".prj", ".cpg"),
    ),
    "shapefile with a language byte": ReaderFormat(
        {"format": "shapefile"},
        partial(_write_shapefile, has_language_byte=True),
        ("*.dbf", "*.shp", "*.shx"),
        kinds=_SHAPEFILE_KINDS,
        spellings=frozenset(
            (name, naming)
            for name in _LANGUAGE_OF
            if name in ENCODINGS
            for naming in (Naming.FILE, Naming.CONTRADICTION)
        ),
        companions=(".shx", ".dbf", ".prj"),
    ),
    "GeoPackage": ReaderFormat(
        {"format": "gpkg"}, partial(_write_by_gdal, name="data.gpkg", driver="GPKG"), ("*.gpkg",)
    ),
    "file geodatabase": ReaderFormat(
        {"format": "gdb"},
        _write_gdb,
        ("*.gdbtable", "*.gdbtablx"),
        kinds=_ANY_KIND - _COLLECTIONS - {"triangle"},
        dimensions=("", "Z"),
        companions=(".gdbtablx",),
        own_type_dimensions={"polyhedral surface": ("Z",), "TIN": ("Z",)},
    ),
    "GML": ReaderFormat(
        {"format": "xml"},
        partial(_write_xml, name="data.gml", driver="GML"),
        ("*.gml",),
        spellings=_spellings(_XML_ENCODINGS, may_contradict=True),
    ),
    "KML": ReaderFormat(
        {"format": "xml"},
        partial(_write_xml, name="data.kml", driver="LIBKML"),
        ("*.kml",),
        kinds=_STRAIGHT,
        dimensions=("", "Z"),
        gaps=_WITHOUT_EMPTIES,
        spellings=_spellings(_XML_ENCODINGS),
    ),
    "MapInfo TAB": ReaderFormat(
        {"format": "shapefile"},
        _write_tab,
        ("*.dat", "*.map", "*.id"),
        kinds=_MAPINFO_KINDS,
        dimensions=("",),
        gaps=_WITHOUT_EMPTIES,
        spellings=_spellings(_CHARSET_OF.keys() & ENCODINGS.keys(), _NOT_FOR_TABLES, may_contradict=True),
        companions=(".dat", ".map", ".id"),
        is_declared=False,
    ),
    "MapInfo MIF": ReaderFormat(
        {"format": "shapefile"},
        _write_mif,
        ("*.mid", "*.mif"),
        kinds=_MAPINFO_KINDS,
        dimensions=("",),
        gaps=_WITHOUT_EMPTIES,
        spellings=_spellings(_CHARSET_OF.keys() & ENCODINGS.keys(), _NOT_FOR_TABLES, may_contradict=True),
        companions=(".mid",),
        is_declared=False,
    ),
    "Excel": ReaderFormat(_CSV, _write_xlsx, ("*.xlsx",), kinds=_POINTS, dimensions=("",), is_declared=False),
    "OpenDocument": ReaderFormat(_CSV, _write_ods, ("*.ods",), kinds=_POINTS, dimensions=("",), is_declared=False),
    "Parquet": ReaderFormat(_CSV, _write_parquet, ("*.parquet",), kinds=_POINTS, dimensions=("",), is_declared=False),
    "GeoParquet": ReaderFormat({"format": "geojson"}, _write_geoparquet, ("*.parquet",), is_declared=False),
}
