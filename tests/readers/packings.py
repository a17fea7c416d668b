"""The ways of packing the files of a data set into one download."""

import gzip
import io
import zipfile
from collections.abc import Callable

Files = dict[str, bytes]


def pack_zip(files: Files) -> bytes:
    """Return a zip of the files."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return body.getvalue()


def _with_folders_and_junk(files: Files) -> Files:
    """Return the files in a folder, with what programs and people leave next to them."""
    inner = {f"Export 2026/data/{name}": body for name, body in files.items()}
    junk = {f"__MACOSX/Export 2026/data/._{name.rpartition('/')[2]}": b"\0\5\x16\7\0\2\0\0Mac OS X" for name in files}
    others = {"readme.txt": b"Addresses of 2026. See the web site.", "Export 2026/.DS_Store": b"\0\0\0\1Bud1"}
    return {**junk, **others, **inner}


def _only(files: Files) -> bytes:
    (body,) = files.values()
    return body


PACKINGS: dict[str, Callable[[Files], bytes]] = {
    "zip": pack_zip,
    "zip with folders and junk": lambda files: pack_zip(_with_folders_and_junk(files)),
    "zip in a zip": lambda files: pack_zip({"inner/data.zip": pack_zip(files)}),
}
"""Packings of any number of files."""
STREAMS: dict[str, Callable[[Files], bytes]] = {
    "plain": _only,
    "gzip": lambda files: gzip.compress(_only(files)),
}
"""Packings of one file."""
