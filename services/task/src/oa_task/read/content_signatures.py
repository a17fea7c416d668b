"""The kinds of content, and the bytes by which each is known."""

from enum import Enum

from oa_task.read.text_content import TextClass

DBF_VERSIONS = frozenset(b"\x02\x03\x30\x31\x32\x43\x63\x83\x8b\x8e\xcb\xf5\xfb")
SHAPEFILE_VERSION = 1000


class ContentKind(Enum):
    """What a file is; the value names it in messages, with its article."""

    EMPTY = "empty (0 bytes)"
    ZIP = "a zip archive"
    ZIP_PART = "one part of a split zip archive"
    GZIP = "gzip data"
    BZIP2 = "bzip2 data (.bz2)"
    XZ = "xz data (.xz)"
    LZMA = "LZMA data (.lzma)"
    ZSTD = "Zstandard data (.zst)"
    TAR = "a tar archive"
    SEVEN_ZIP = "a 7z archive (7-Zip)"
    RAR = "a RAR archive"
    COMPRESS = "a file of the program compress (.Z)"
    LZ4 = "LZ4 data"
    LZIP = "an lzip file"
    CABINET = "a cabinet archive (.cab)"
    LHA = "an LHA archive"
    XLSX = "an Excel workbook (.xlsx)"
    XLS = "an old Excel workbook (.xls)"
    ODS = "an OpenDocument spreadsheet (.ods)"
    ENCRYPTED_OFFICE = "an Office file with a password"
    WORD = "a Word document"
    OFFICE = "an Office document without a table"
    PDF = "a PDF document"
    RTF = "an RTF document"
    PARQUET = "a Parquet file"
    ARROW = "an Arrow file (Feather)"
    FLATGEOBUF = "a FlatGeobuf file"
    GEOPACKAGE = "a GeoPackage (.gpkg)"
    SQLITE = "an SQLite database"
    ACCESS = "an Access database (personal geodatabase, .mdb)"
    GEODATABASE = "a file geodatabase (.gdb)"
    SHAPEFILE = "a shapefile"
    DBF = "a dBase table (.dbf)"
    MAPINFO = "a MapInfo file (.tab or .mif)"
    KML = "KML"
    GML = "GML"
    XML = "XML"
    ERROR_XML = "an error in XML"
    WEB_PAGE = "a web page"
    GEOJSON = "GeoJSON"
    JSON = "JSON"
    ERROR_JSON = "a message in JSON"
    DWG = "an AutoCAD drawing (.dwg)"
    DXF = "an AutoCAD drawing (.dxf)"
    IMAGE = "a picture"
    PROGRAM = "a program"
    TEXT = "text"
    BINARY = "binary data of an unknown kind"


TEXT_KINDS = {
    TextClass.WEB_PAGE: ContentKind.WEB_PAGE,
    TextClass.KML: ContentKind.KML,
    TextClass.GML: ContentKind.GML,
    TextClass.ERROR_XML: ContentKind.ERROR_XML,
    TextClass.XML: ContentKind.XML,
    TextClass.GEOJSON: ContentKind.GEOJSON,
    TextClass.ERROR_JSON: ContentKind.ERROR_JSON,
    TextClass.JSON: ContentKind.JSON,
    TextClass.MAPINFO: ContentKind.MAPINFO,
    TextClass.DXF: ContentKind.DXF,
    TextClass.RTF: ContentKind.RTF,
    TextClass.TEXT: ContentKind.TEXT,
}
MAGIC = (
    (b"PK\x03\x04", ContentKind.ZIP),
    (b"PK\x05\x06", ContentKind.ZIP),
    (b"PK\x07\x08", ContentKind.ZIP),
    (b"PK00PK\x03\x04", ContentKind.ZIP),
    (b"\x1f\x8b", ContentKind.GZIP),
    (b"\xfd7zXZ\x00", ContentKind.XZ),
    (b"]\x00\x00", ContentKind.LZMA),
    (b"\x28\xb5\x2f\xfd", ContentKind.ZSTD),
    (b"7z\xbc\xaf\x27\x1c", ContentKind.SEVEN_ZIP),
    (b"Rar!\x1a\x07", ContentKind.RAR),
    (b"\x1f\x9d", ContentKind.COMPRESS),
    (b"\x04\x22\x4d\x18", ContentKind.LZ4),
    (b"LZIP", ContentKind.LZIP),
    (b"MSCF\x00\x00\x00\x00", ContentKind.CABINET),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ContentKind.XLS),
    (b"%PDF-", ContentKind.PDF),
    (b"ARROW1\x00\x00", ContentKind.ARROW),
    (b"fgb\x03", ContentKind.FLATGEOBUF),
    (b"SQLite format 3\x00", ContentKind.SQLITE),
    (b"\x00\x01\x00\x00Standard Jet DB", ContentKind.ACCESS),
    (b"\x00\x01\x00\x00Standard ACE DB", ContentKind.ACCESS),
    (b"\x00\x00\x27\x0a", ContentKind.SHAPEFILE),
    (b"AC10", ContentKind.DWG),
    (b"AutoCAD Binary DXF", ContentKind.DXF),
    (b"\x89PNG\r\n\x1a\n", ContentKind.IMAGE),
    (b"\xff\xd8\xff", ContentKind.IMAGE),
    (b"GIF8", ContentKind.IMAGE),
    (b"II*\x00", ContentKind.IMAGE),
    (b"MM\x00*", ContentKind.IMAGE),
    (b"MZ", ContentKind.PROGRAM),
    (b"\x7fELF", ContentKind.PROGRAM),
    (b"#!/", ContentKind.PROGRAM),
)
# A text may begin with the letters of the other magic numbers, such as MZ; these suffice without a NUL character.
PLAIN_MAGIC = frozenset({b"%PDF-", b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"Rar!\x1a\x07", b"fgb\x03"})
QUOTES = {
    ContentKind.WEB_PAGE: "titled",
    ContentKind.XML: "with the root element",
    ContentKind.TEXT: "that begins",
    ContentKind.JSON: "that begins",
}
