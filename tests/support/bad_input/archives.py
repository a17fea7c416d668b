"""Archives that cannot be used."""

import gzip
import io
import stat
import zipfile
from pathlib import Path

from support.bad_input.case import Case

_CSV = b"NO,X,Y\n1,2,3\n"


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


def _nested(depth: int) -> bytes:
    body = _CSV
    for level in range(depth):
        body = _zip(**{"a.zip" if level else "a.csv": body})
    return body


def _write_bomb(folder: Path) -> Path:
    path = folder / "data.csv"
    path.write_bytes(_zip(**{"a.csv": b"\0" * 40_000_000}))
    return path


def _changed(body: bytes, place: int) -> bytes:
    return body[:place] + bytes([body[place] ^ 0xFF]) + body[place + 1 :]


CASES = {
    "a zip of nothing": Case("source.empty", "the data has nothing", _zip(), compression="zip"),
    "a zip that is a web page": Case("source.archive", "not a sound zip file", b"<html>", compression="zip"),
    "a zip cut off": Case("source.archive", "not a sound zip file", _zip(**{"a.csv": _CSV})[:60], compression="zip"),
    "a zip with a wrong checksum": Case(
        "source.archive", "not a sound zip file", _changed(_zip(**{"a.csv": _CSV * 50}), 45), compression="zip"
    ),
    "a zip entry that leaves its folder": Case(
        "source.archive", "'../a.csv' leaves its folder", _zip(**{"../a.csv": _CSV}), compression="zip"
    ),
    "a zip entry that is a link": Case("source.archive", "'a.csv' is a link", _link(), compression="zip"),
    "zips in zips without end": Case("source.archive", "nested more than 3 deep", _nested(6), compression="zip"),
    "a zip bomb": Case("source.too_large", "expands to more than 100 times", _write_bomb, compression="zip"),
    "a gzip cut off": Case(
        "source.archive", "not a sound gzip file", gzip.compress(bytes(range(256)) * 99)[:-20], compression="gzip"
    ),
    "a gzip that is a web page": Case("source.archive", "not a sound gzip file", b"<html>", compression="gzip"),
    "a zip without the format's file": Case(
        "source.empty",
        "not exactly one shapefile",
        _zip(**{"a.txt": b"x"}),
        compression="zip",
        conform={"format": "shapefile"},
    ),
    "a compression that nobody knows": Case("source.schema", "unknown compression 'rar'", _CSV, compression="rar"),
}
