"""The reader of a file: that of its content, whatever the definition declares, or a failure that states what came."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from oa_shared.failure_details import FaultyPlace, Fix, FixAction
from oa_task.read.content_kind import Content, identify
from oa_task.read.content_signatures import ContentKind
from oa_task.read.request import ReadRequest
from oa_task.runtime.failure import TaskFailure

EXPECTED = {
    "csv": "CSV",
    "geojson": "GeoJSON",
    "shapefile": "a shapefile",
    "shapefile-polygon": "a shapefile",
    "gpkg": "a GeoPackage",
    "gdb": "a file geodatabase",
    "xml": "GML",
}
# Formats of readers; those beyond the formats of definitions have no name there.
READABLE: Mapping[ContentKind, str] = {
    ContentKind.GEOPACKAGE: "gpkg",
    ContentKind.GEODATABASE: "gdb",
    ContentKind.SHAPEFILE: "shapefile",
    ContentKind.GML: "xml",
    ContentKind.GEOJSON: "geojson",
    ContentKind.KML: "kml",
    ContentKind.MAPINFO: "mapinfo",
    ContentKind.PARQUET: "parquet",
    ContentKind.XLSX: "spreadsheet",
    ContentKind.XLS: "spreadsheet",
    ContentKind.ODS: "spreadsheet",
}
_TEXTS = frozenset({ContentKind.TEXT, ContentKind.BINARY})
# What a reader of a declared format tries in addition to its own kind; its own failures are more precise.
_ACCEPTED: Mapping[str, frozenset[ContentKind]] = {
    "csv": _TEXTS,
    "geojson": frozenset({ContentKind.GEOJSON, ContentKind.JSON, ContentKind.ERROR_JSON}),
    "shapefile": frozenset({ContentKind.SHAPEFILE}),
    "gpkg": frozenset({ContentKind.GEOPACKAGE, ContentKind.SQLITE}),
    "gdb": frozenset({ContentKind.GEODATABASE}),
    "xml": frozenset({ContentKind.GML, ContentKind.XML}),
}
_PACKED = frozenset(
    {
        *(ContentKind.ZIP, ContentKind.ZIP_PART, ContentKind.GZIP, ContentKind.BZIP2, ContentKind.XZ),
        *(ContentKind.LZMA, ContentKind.ZSTD, ContentKind.TAR, ContentKind.SEVEN_ZIP, ContentKind.RAR),
        *(ContentKind.COMPRESS, ContentKind.LZ4, ContentKind.LZIP, ContentKind.CABINET, ContentKind.LHA),
    }
)
_MESSAGES = frozenset({ContentKind.WEB_PAGE, ContentKind.ERROR_XML, ContentKind.ERROR_JSON})
_ADVICE: Mapping[ContentKind, str] = {
    ContentKind.RAR: "RAR archives are not supported: find a zip of the same data",
    ContentKind.ZIP_PART: "the other parts are missing: find one zip of the same data",
    ContentKind.DBF: "a table alone has no shapes: find the shapefile to which it belongs, or a CSV",
    ContentKind.SHAPEFILE: "a .shp alone has no attributes: find the zip with its .dbf and .shx",
    ContentKind.ACCESS: "find a file geodatabase, a shapefile or a CSV of the same data",
    ContentKind.ENCRYPTED_OFFICE: "find a file without a password",
    ContentKind.FLATGEOBUF: "its features are in the order of an index: find a GeoPackage or GeoJSON of the same data",
    ContentKind.PDF: "find a CSV or another format with the same data",
}


def match_content(request: ReadRequest) -> ReadRequest:
    """Return the request with the format of the content, with a warning if the definition declares another one.

    Raises TaskFailure source.empty, source.archive or source.format for content that no reader reads.
    """
    declared = request.format
    content = identify(request.path, request.option("encoding"))
    own = _ACCEPTED["shapefile" if declared == "shapefile-polygon" else declared]
    is_bare_shp = content.kind is ContentKind.SHAPEFILE and request.path.suffix.lower() != ".shp"
    if content.kind in own and not is_bare_shp:
        return request
    actual = READABLE.get(content.kind)
    if actual is None or is_bare_shp:
        places = [_place_of_format(request, content)]
        raise refuse_content(request.path, content, expected=EXPECTED[declared], places=places)
    if (declared, content.kind) != ("xml", ContentKind.KML):
        request.bad_rows.warn(_warning(request.path, content, declared, actual))
    return replace(request, conform={**request.conform, "format": actual})


def _warning(path: Path, content: Content, declared: str, actual: str) -> str:
    text = f"{path.name} is {content.kind.value}, read as such, although `conform.format` is {declared}"
    return f"{text}: set it to {actual}" if actual in EXPECTED else text


def refuse_content(path: Path, content: Content, *, expected: str, places: Sequence[FaultyPlace] = ()) -> TaskFailure:
    """Return the failure that states what came, what is expected, and what to do; `places` are those of the format."""
    kind = content.kind
    if kind is ContentKind.EMPTY:
        return TaskFailure("source.empty", f"{path.name} is empty (0 bytes): check what the URL returns")
    advice = _ADVICE.get(kind) or _general_advice(kind)
    place = " from byte 0 on" if kind is ContentKind.WEB_PAGE else ""
    code = "source.archive" if kind in _PACKED else "source.format"
    text = f"{path.name} is {content}{place}, not {expected}: {advice}"
    return TaskFailure(code, text, places=[] if code == "source.archive" else list(places))


def _place_of_format(request: ReadRequest, content: Content) -> FaultyPlace:
    """Return the place of the format; a text that begins with the columns of the coordinates is CSV."""
    columns = [request.option("lon"), request.option("lat")]
    is_csv = content.kind is ContentKind.TEXT and all(column and column in content.quoted for column in columns)
    fix = Fix(FixAction.REPLACE, "csv", str(request.conform["format"])) if is_csv else None
    return FaultyPlace("/conform/format", fix)


def _general_advice(kind: ContentKind) -> str:
    if kind in _PACKED:
        return "find a zip of the same data"
    if kind in _MESSAGES:
        return "check what the URL returns"
    return "check what the URL returns, and `conform.format`"


def refuse_message(path: Path, expected: str) -> None:
    """Raise TaskFailure if a file is empty, or a page or error that a server sends in place of data."""
    content = identify(path)
    if content.kind is ContentKind.EMPTY:
        raise TaskFailure("source.empty", f"{path.name} is empty (0 bytes), not {expected}: check what the URL returns")
    if content.kind in _MESSAGES:
        raise TaskFailure("source.archive", f"{path.name} is {content}, not {expected}: check what the URL returns")
