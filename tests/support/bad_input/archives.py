"""Unusable archives."""

import gzip
import io
import stat
import zipfile
from pathlib import Path

from support.bad_input.case import Case
from support.foreign_files import FOREIGN_FILES
from support.packings import zip_entries

_CSV = b"NO,X,Y\n1,2,3\n"
_PPMD = zip_entries([(b"a.csv", _CSV)], method=98)


def _zip(**members: bytes) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return body.getvalue()


def _link() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        member = zipfile.ZipInfo("a.csv")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, "/etc/passwd")
    return body.getvalue()


def _nest_zips(depth: int) -> bytes:
    body = _CSV
    for level in range(depth):
        body = _zip(**{"a.zip" if level else "a.csv": body})
    return body


def _write_bomb(folder: Path) -> Path:
    path = folder / "data.csv"
    path.write_bytes(_zip(**{"a.csv": b"\0" * 40_000_000}))
    return path


def _flip_byte(body: bytes, offset: int) -> bytes:
    return body[:offset] + bytes([body[offset] ^ 0xFF]) + body[offset + 1 :]


CASES = {
    "an empty zip": Case("source.empty", ("csv", "`conform.file`"), _zip(), compression="zip"),
    "a web page instead of a zip": Case("source.archive", ("data.csv", "zip"), b"<html>", compression="zip"),
    "a truncated zip": Case("source.archive", ("data.csv", "zip"), _zip(**{"a.csv": _CSV})[:60], compression="zip"),
    "a zip with a wrong checksum": Case(
        "source.archive",
        ("data.csv", "zip", "'a.csv'"),
        _flip_byte(_zip(**{"a.csv": _CSV * 50}), 45),
        compression="zip",
    ),
    "a zip entry outside of its folder": Case(
        "source.archive", ("'../a.csv'", "folder"), _zip(**{"../a.csv": _CSV}), compression="zip"
    ),
    "a zip entry that is a link": Case("source.archive", ("'a.csv'", "link"), _link(), compression="zip"),
    "zips nested too deeply": Case("source.archive", ("archives", " 5 "), _nest_zips(6), compression="zip"),
    "a zip bomb": Case("source.too_large", (" 100 ",), _write_bomb, compression="zip"),
    "a truncated gzip": Case(
        "source.archive", ("data.csv", "gzip"), gzip.compress(bytes(range(256)) * 99)[:-20], compression="gzip"
    ),
    "a web page instead of a gzip": Case("source.archive", ("data.csv", "gzip"), b"<html>", compression="gzip"),
    "a zip without a file of the format": Case(
        "source.empty",
        ("shapefile", "`conform.file`", "a.txt", "b/b.txt"),
        _zip(**{"a.txt": b"x", "b/b.txt": b"y"}),
        compression="zip",
        conform={"format": "shapefile"},
    ),
    "a RAR archive": Case("source.archive", ("data.csv", "RAR", "CSV"), FOREIGN_FILES["RAR 5"][0]),
    "one part of a split zip": Case(
        "source.archive", ("data.csv", "split zip"), FOREIGN_FILES["the last part of a split zip"][0], compression="zip"
    ),
    "a zip with a password": Case(
        "source.archive", ("'a.csv'", "password"), FOREIGN_FILES["a zip with a password"][0], compression="zip"
    ),
    "a 7z archive with a password": Case(
        "source.archive", ("7z", "password"), FOREIGN_FILES["a 7z with a password"][0]
    ),
    "an unknown method of compression": Case("source.archive", ("'a.csv'", "PPMd"), _PPMD, compression="zip"),
    "an error of a bucket instead of a zip": Case(
        "source.archive",
        ("data.csv", "'The key does not exist.'", "zip"),
        FOREIGN_FILES["an error of a bucket"][0],
        compression="zip",
    ),
    "a message in JSON instead of a zip": Case(
        "source.archive", ("data.csv", "'Export failed'", "zip"), FOREIGN_FILES["a JSON error"][0], compression="zip"
    ),
    "an unknown compression": Case("source.schema", ("'rar'", "zip", "gzip"), _CSV, compression="rar"),
}
