"""Which files uploads accept, and the reasons for which they refuse one."""

import gzip
import io
import json
import stat
import zipfile
from collections.abc import Callable

import pytest

from oa_api.uploads.inspection import HEAD_BYTES, TAIL_BYTES, Ends, FileRefusedError, inspect
from support.archives import zip_files


def ends(body: bytes) -> Ends:
    return Ends(len(body), body[:HEAD_BYTES], body[-TAIL_BYTES:])


def links() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return made.getvalue()


def encrypted_zip() -> bytes:
    body = bytearray(zip_files({"a.csv": b"1"}).getvalue())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.index(signature) + place] |= 0x1
    return bytes(body)


def zip_of(name: str, body: bytes = b"x") -> Callable[[], bytes]:
    return lambda: zip_files({name: body}).getvalue()


def many_entries() -> bytes:
    return zip_files({f"{number}.csv": b"" for number in range(20_001)}).getvalue()


def huge_gzip() -> bytes:
    return gzip.compress(b"x" * 1000, mtime=0)[:-4] + (0xFFFFFFF0).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.csv", b"NO,ST\n1,Main\n"),
        ("a.CSV", "NO;STRASSE\n1;Süd\n".encode("latin-1")),
        ("a.txt", "a\tb".encode("utf-16")),
        ("a.geojson", b'\xef\xbb\xbf {"type": "FeatureCollection"}'),
        ("a.json", b"[]"),
        ("a.gml", b'<?xml version="1.0"?><gml/>'),
        ("a.zip", zip_files({"folder/a.shp": b"1", "folder/a.dbf": b"2"}).getvalue()),
        ("a.zip", zip_files({"a.csv": b"1,2\n" * 1_000_000}).getvalue()),
        ("a.csv.gz", gzip.compress(b"a,b\n", mtime=0)),
        ("a.gpkg", b"SQLite format 3\x00" + b"\x00" * 100),
    ],
    # Archives contain the time, and every worker must collect the same tests.
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_file_of_the_format_of_its_suffix_is_accepted(name: str, body: bytes) -> None:
    inspect(name, ends(body))


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("a.csv", lambda: b"", "empty"),
        ("a.csv", lambda: b"MZ\x00\x00\x01", "binary"),
        ("a.csv", lambda: b"\n <html>", "web page"),
        ("a.geojson", lambda: b"<html>", "JSON"),
        ("a.kml", lambda: b"{}", "XML"),
        ("a.zip", lambda: b"NO,ST\n", "does not begin"),
        ("a.gz", lambda: b"NO,ST\n", "does not begin"),
        ("a.gpkg", lambda: b"PK\x03\x04", "does not begin"),
        ("a.zip", lambda: zip_files({"a.csv": b"1" * 500}).getvalue()[:-30], "not a valid zip"),
        ("a.zip", lambda: b"PK\x03\x04" + b"\x00" * 50, "not a valid zip"),
        ("a.zip", zip_of("folder/"), "contains no file"),
        ("a.zip", zip_of("../../etc/passwd"), "outside the archive"),
        ("a.zip", zip_of("/etc/passwd"), "outside the archive"),
        ("a.zip", zip_of("c:\\windows\\a.csv"), "outside the archive"),
        ("a.zip", zip_of("..\\a.csv"), "outside the archive"),
        ("a.zip", links, "is a link"),
        ("a.zip", encrypted_zip, "encrypted"),
        ("a.zip", zip_of("inner.zip"), "an archive in an archive"),
        ("a.zip", zip_of("inner.TGZ"), "an archive in an archive"),
        ("a.zip", lambda: zip_files({"bomb.csv": b"0" * 40_000_000}).getvalue(), "100 times"),
        ("a.zip", many_entries, "more than 20,000 entries"),
        ("a.gz", huge_gzip, "100 times"),
    ],
)
def test_file_of_another_format_is_refused_with_the_reason(name: str, make: Callable[[], bytes], words: str) -> None:
    with pytest.raises(FileRefusedError, match=words):
        inspect(name, ends(make()))


def test_zip_whose_directory_is_not_among_the_last_bytes_is_refused() -> None:
    body = zip_files({f"{number}.csv": b"" for number in range(100)}).getvalue()
    with pytest.raises(FileRefusedError, match="not a valid zip"):
        inspect("a.zip", Ends(len(body), body[:HEAD_BYTES], body[-200:]))


def test_zip_with_bytes_before_it_is_refused() -> None:
    body = zip_files({"a.csv": b"1"}).getvalue()
    with pytest.raises(FileRefusedError, match="does not begin"):
        inspect("a.zip", ends(json.dumps({}).encode() + body))
