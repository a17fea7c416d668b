"""What came is named before anything else is blamed, whatever the definition declares."""

from pathlib import Path

import pytest

from oa_task.conversion.archive_members import NameHints
from oa_task.conversion.unpacking import unpack
from oa_task.read.content_kind import identify
from oa_task.read.content_signatures import ContentKind
from oa_task.read.text_content import quote
from oa_task.runtime.failure import TaskFailure
from support.foreign_files import FOREIGN_FILES
from support.packings import CONTAINERS, STREAMS, pack_zip
from support.readers import read_files
from support.table_files import FORMATS

LEADS_ASTRAY = ("encoding", "UTF-16", "<DRIVER>", "prefixing", "/tmp/", "ZipInfo", "columns")  # noqa: S108 - a text
KINDS = {
    "CSV": ContentKind.TEXT,
    "GeoJSON": ContentKind.GEOJSON,
    "GeoPackage": ContentKind.GEOPACKAGE,
    "GML": ContentKind.GML,
    "KML": ContentKind.KML,
    "Excel": ContentKind.XLSX,
    "OpenDocument": ContentKind.ODS,
    "OpenDocument with white space": ContentKind.ODS,
    "Parquet": ContentKind.PARQUET,
    "GeoParquet": ContentKind.PARQUET,
}
PACKED = {
    "gzip": ContentKind.GZIP,
    "bzip2": ContentKind.BZIP2,
    "xz": ContentKind.XZ,
    "LZMA": ContentKind.LZMA,
    "Zstandard": ContentKind.ZSTD,
    "zip": ContentKind.ZIP,
    "zip behind a program": ContentKind.ZIP,
    "tar": ContentKind.TAR,
    "7z": ContentKind.SEVEN_ZIP,
    "7z behind a program": ContentKind.SEVEN_ZIP,
}


def unpack_and_read(path: Path, compression: str | None, declared: str) -> None:
    unpacked = path.parent / "unpacked"
    unpacked.mkdir()
    read_files(unpack(path, compression, unpacked), {"format": declared, "lon": "X", "lat": "Y"})


@pytest.mark.parametrize("declared", ["csv", "geojson", "shapefile", "gpkg", "gdb", "xml"])
@pytest.mark.parametrize("name", FOREIGN_FILES)
@pytest.mark.parametrize("compression", [None, "zip", "gzip", "in a zip"])
def test_foreign_file_fails_with_what_it_is(name: str, declared: str, compression: str | None, tmp_path: Path) -> None:
    body, words = FOREIGN_FILES[name]
    path = tmp_path / "download"
    path.write_bytes(pack_zip({"inner": body}) if compression == "in a zip" else body)
    with pytest.raises(TaskFailure) as caught:
        unpack_and_read(path, "zip" if compression == "in a zip" else compression, declared)
    message = caught.value.message
    assert caught.value.code in {"source.format", "source.archive", "source.empty"}
    assert [word for word in words if word not in message] == [], message
    assert [word for word in LEADS_ASTRAY if word in message] == [], message


@pytest.mark.parametrize("name", KINDS)
def test_identify_format_by_content(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    (body,) = FORMATS[name][1]().values()
    path.write_bytes(body)
    assert identify(path).kind is KINDS[name]


@pytest.mark.parametrize("name", PACKED)
def test_identify_packing_by_content(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    body = b"NO,ST\n1,a\n" * 99
    path.write_bytes(CONTAINERS[name]({"a.csv": body}) if name in CONTAINERS else STREAMS[name](body))
    assert identify(path).kind is PACKED[name]


@pytest.mark.parametrize(
    "header",
    [
        b"MZ,NO,X,Y",
        b"LZIP,X,Y",
        b"GIF8,X,Y",
        b"AC10,X,Y",
        b"BZh9,X,Y",
        b"PAR1,X,Y",
        b"#!/x,X,Y",
        b"[NO],X,Y",
        b"<NO>,X,Y",
    ],
)
def test_identify_table_that_begins_like_another_format_is_text(header: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(header + b"\n1,2,3\n")
    assert identify(path).kind in {ContentKind.TEXT, ContentKind.XML}


@pytest.mark.parametrize("encoding", ["latin-1", "cp932", "utf-16", "utf-8-sig", "cp1251", "gbk"])
def test_identify_text_of_any_encoding_is_text(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes("NO,ST\n1,x\n".encode(encoding) + bytes(range(0x80, 0xFF)) * (encoding == "latin-1"))
    assert identify(path).kind is ContentKind.TEXT


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be", "utf-32", "cp037"])
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("NO,ST\n1,x\n", ContentKind.TEXT),
        ('{"type":"FeatureCollection","features":[]}', ContentKind.GEOJSON),
        ("<!DOCTYPE html><html><title>Gone</title></html>", ContentKind.WEB_PAGE),
    ],
)
def test_identify_text_in_the_encoding_that_the_definition_names(
    text: str, kind: ContentKind, encoding: str, tmp_path: Path
) -> None:
    path = tmp_path / "x"
    path.write_bytes(text.encode(encoding))
    assert identify(path, encoding).kind is kind


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-32", "cp037", "cp1251", "utf-8", "zip", "utf-9", "idna"])
@pytest.mark.parametrize("name", ["a web page", "binary"])
def test_identify_what_is_not_text_of_the_named_encoding_by_its_bytes(name: str, encoding: str, tmp_path: Path) -> None:
    body, kind = {
        "a web page": (b"<!DOCTYPE html><html><title>Gone</title></html>", ContentKind.WEB_PAGE),
        "binary": (b"\x01\x00\x00\x00" + bytes(99), ContentKind.BINARY),
    }[name]
    path = tmp_path / "x"
    path.write_bytes(body)
    assert identify(path, encoding).kind is kind


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-32-be"])
@pytest.mark.parametrize("compression", [None, "zip"])
def test_text_of_a_named_encoding_is_found_whatever_its_name(
    encoding: str, compression: str | None, tmp_path: Path
) -> None:
    conform = {"format": "csv", "encoding": encoding, "lon": "X", "lat": "Y"}
    path = tmp_path / "download"
    path.write_bytes("NO,X,Y\n1,2,3\n".encode(encoding))
    (tmp_path / "other.bin").write_bytes(bytes([1, 0]) * 99)
    files = unpack(path, compression, tmp_path / "unpacked", hints=NameHints(encoding))
    assert read_files([*files, tmp_path / "other.bin"], conform).column("NO") == ["1"]


def test_quote_is_one_short_line_without_markup() -> None:
    assert quote(" <b>Not</b>\n found &amp; gone ") == "Not found & gone"
    assert len(quote("x" * 999)) == 200
