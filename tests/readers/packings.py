"""The ways of packing the files of a data set into one download."""

import gzip
from collections.abc import Callable

from support.packings import CONTAINERS, STREAMS, pack_tar, pack_zip

Files = dict[str, bytes]


def _with_folders_and_junk(files: Files) -> Files:
    """Return the files in a folder, with what programs and people leave next to them."""
    inner = {f"Export 2026/data/{name}": body for name, body in files.items()}
    junk = {f"__MACOSX/Export 2026/data/._{name.rpartition('/')[2]}": b"\0\5\x16\7\0\2\0\0Mac OS X" for name in files}
    others = {"readme.txt": b"Addresses of 2026. See the web site.", "Export 2026/.DS_Store": b"\0\0\0\1Bud1"}
    return {**junk, **others, **inner}


def _only(files: Files) -> bytes:
    (body,) = files.values()
    return body


def _compress_by(compress: Callable[[bytes], bytes]) -> Callable[[Files], bytes]:
    return lambda files: compress(_only(files))


OF_FILES: dict[str, Callable[[Files], bytes]] = {
    **CONTAINERS,
    "zip with folders and junk": lambda files: pack_zip(_with_folders_and_junk(files)),
    "zip in a zip": lambda files: pack_zip({"inner/data.zip": pack_zip(files)}),
    "tar in gzip in a zip": lambda files: pack_zip({"data.tar.gz": gzip.compress(pack_tar(files))}),
}
"""Packings of any number of files."""
OF_ONE_FILE: dict[str, Callable[[Files], bytes]] = {
    "plain": _only,
    **{name: _compress_by(compress) for name, compress in STREAMS.items()},
    "gzip in a zip": lambda files: pack_zip({f"{next(iter(files))}.gz": gzip.compress(_only(files))}),
}
"""Packings of one file."""
