"""The formats: how each is written, and what it can hold."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from readers import writers
from readers.shapes import DIMENSIONS, KINDS, Gaps
from readers.tables import Files, Table
from readers.texts import ENCODINGS, Naming
from readers.writers import CHARSET_OF, LANGUAGE_OF

_ANY_KIND = frozenset(KINDS)
_STRAIGHT = frozenset({"point", "line", "polygon", "points", "lines", "polygons", "collection"})
_COLLECTIONS = frozenset({"collection", "collection of curves"})
_UTF8_ONLY = frozenset({("utf-8", Naming.NOTHING), ("ascii", Naming.NOTHING)})


@dataclass(frozen=True, slots=True)
class ReaderFormat:
    """A format and what it can hold.

    `conform` selects it in a definition. `members` are patterns of the files that hold rows, `companions` the suffixes
    of files that may get lost. `spellings` are encodings and ways to name them. `announces` is set if the data states
    how many rows it has, or if its end shows. `has_open_end` is set if the last number of the data may be cut without a
    trace. `is_declared` is not set if definitions have no word for the format.
    """

    conform: Mapping[str, str]
    write: Callable[[Table], Files]
    members: tuple[str, ...]
    kinds: frozenset[str] = _ANY_KIND
    dimensions: tuple[str, ...] = DIMENSIONS
    spellings: frozenset[tuple[str, Naming]] = _UTF8_ONLY
    companions: tuple[str, ...] = ()
    announces: bool = True
    has_open_end: bool = False
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
        writers.write_csv,
        ("*.csv",),
        kinds=_POINTS,
        dimensions=("",),
        spellings=_spellings(("utf-8", "utf-16")),
        announces=False,
    ),
    "CSV with semicolons": ReaderFormat(
        {**_CSV, "csvsplit": ";"},
        partial(writers.write_csv, name="data.txt", delimiter=";"),
        ("*.txt",),
        kinds=_POINTS,
        dimensions=("",),
        spellings=_spellings(("utf-8", "utf-16")),
        announces=False,
    ),
    "GeoJSON": ReaderFormat(
        {"format": "geojson"},
        writers.write_geojson,
        ("*.geojson",),
        kinds=_STRAIGHT,
        dimensions=("", "Z"),
        spellings=_spellings(("utf-16",)),
    ),
    "GeoJSON lines": ReaderFormat(
        {"format": "geojson"},
        writers.write_geojson_lines,
        ("*.geojsonl",),
        kinds=_STRAIGHT,
        dimensions=("", "Z"),
        spellings=_spellings(("utf-16",)),
        announces=False,
    ),
    "shapefile": ReaderFormat(
        {"format": "shapefile"},
        writers.write_shapefile,
        ("*.dbf", "*.shp", "*.shx"),
        kinds=_SHAPEFILE_KINDS,
        spellings=_spellings([name for name in ENCODINGS if name != "utf-16"], _NOT_FOR_TABLES, may_contradict=True),
        companions=(".shx", ".dbf", ".prj", ".cpg"),
    ),
    "shapefile with a language byte": ReaderFormat(
        {"format": "shapefile"},
        partial(writers.write_shapefile, has_language_byte=True),
        ("*.dbf", "*.shp", "*.shx"),
        kinds=_SHAPEFILE_KINDS,
        spellings=frozenset(
            (name, naming)
            for name in LANGUAGE_OF
            if name in ENCODINGS
            for naming in (Naming.FILE, Naming.CONTRADICTION)
        ),
        companions=(".shx", ".dbf", ".prj"),
    ),
    "GeoPackage": ReaderFormat(
        {"format": "gpkg"}, partial(writers.write_by_gdal, name="data.gpkg", driver="GPKG"), ("*.gpkg",)
    ),
    "file geodatabase": ReaderFormat(
        {"format": "gdb"},
        writers.write_gdb,
        ("*/a00000009.gdbtable", "*/a00000009.gdbtablx"),  # the first table that is not the system's
        kinds=_ANY_KIND - _COLLECTIONS - {"triangle"},
        dimensions=("", "Z"),
        companions=("a00000009.gdbtablx",),
        own_type_dimensions={"polyhedral surface": ("Z",), "TIN": ("Z",)},
    ),
    "GML": ReaderFormat(
        {"format": "xml"},
        partial(writers.write_xml, name="data.gml", driver="GML"),
        ("*.gml",),
        spellings=_spellings(_XML_ENCODINGS, may_contradict=True),
    ),
    "KML": ReaderFormat(
        {"format": "xml"},
        partial(writers.write_xml, name="data.kml", driver="LIBKML"),
        ("*.kml",),
        kinds=_STRAIGHT,
        dimensions=("", "Z"),
        gaps=_WITHOUT_EMPTIES,
        spellings=_spellings(_XML_ENCODINGS),
    ),
    "MapInfo TAB": ReaderFormat(
        {"format": "shapefile"},
        writers.write_tab,
        ("*.dat", "*.map", "*.id"),
        kinds=_MAPINFO_KINDS,
        dimensions=("",),
        gaps=_WITHOUT_EMPTIES,
        spellings=_spellings(CHARSET_OF.keys() & ENCODINGS.keys(), _NOT_FOR_TABLES, may_contradict=True),
        companions=(".dat", ".map", ".id"),
        is_declared=False,
    ),
    "MapInfo MIF": ReaderFormat(
        {"format": "shapefile"},
        writers.write_mif,
        ("*.mid", "*.mif"),
        kinds=_MAPINFO_KINDS,
        dimensions=("",),
        gaps=_WITHOUT_EMPTIES,
        spellings=_spellings(CHARSET_OF.keys() & ENCODINGS.keys(), _NOT_FOR_TABLES, may_contradict=True),
        companions=(".mid",),
        has_open_end=True,
        is_declared=False,
    ),
    "Excel": ReaderFormat(_CSV, writers.write_xlsx, ("*.xlsx",), kinds=_POINTS, dimensions=("",), is_declared=False),
    "OpenDocument": ReaderFormat(
        _CSV, writers.write_ods, ("*.ods",), kinds=_POINTS, dimensions=("",), is_declared=False
    ),
    "Parquet": ReaderFormat(
        _CSV, writers.write_parquet, ("*.parquet",), kinds=_POINTS, dimensions=("",), is_declared=False
    ),
    "GeoParquet": ReaderFormat({"format": "geojson"}, writers.write_geoparquet, ("*.parquet",), is_declared=False),
}
