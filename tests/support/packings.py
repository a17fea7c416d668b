"""Every way of packing files that the engine unpacks, written by code of our own or by the library of the format."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import inflate64
import py7zr
from backports import zstd

Files = Mapping[str, bytes]
PROGRAM = b"MZ\x90\x00" + bytes(range(256)) * 3


def pack_zip(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return body.getvalue()


def zip_entries(entries: list[tuple[bytes, bytes]], *, method: int = 0, flags: int = 0, extra: bytes = b"") -> bytes:
    """Return a zip of raw names and contents, which may repeat names and use methods that zipfile does not write."""
    body, directory = bytearray(), bytearray()
    for name, content in entries:
        packed = _COMPRESSORS[method](content)
        sizes = struct.pack("<III", zlib.crc32(content), len(packed), len(content))
        common = struct.pack("<HHHHH", 63, flags, method, 0, 33) + sizes + struct.pack("<HH", len(name), len(extra))
        directory += b"PK\x01\x02\x14\x00" + common + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name + extra
        body += b"PK\x03\x04" + common + name + extra + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return bytes(body + directory) + b"PK\x05\x06" + end


def _deflate64(content: bytes) -> bytes:
    encoder = inflate64.Deflater()
    return bytes(encoder.deflate(content) + encoder.flush())


_COMPRESSORS: dict[int, Callable[[bytes], bytes]] = {
    0: bytes,
    9: _deflate64,
    93: zstd.compress,
    95: lzma.compress,
    98: bytes,
}


def _zip_by(method: int) -> Callable[[Files], bytes]:
    return lambda files: zip_entries([(name.encode(), body) for name, body in files.items()], method=method)


def pack_tar(files: Files) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return body.getvalue()


def pack_7z(files: Files, password: str | None = None) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.7z"
        with py7zr.SevenZipFile(path, "w", password=password) as archive:
            for name, content in files.items():
                archive.writestr(content, name)
        return path.read_bytes()


CONTAINERS: dict[str, Callable[[Files], bytes]] = {
    "zip": pack_zip,
    "zip, stored": lambda files: pack_zip(files, zipfile.ZIP_STORED),
    "zip, bzip2": lambda files: pack_zip(files, zipfile.ZIP_BZIP2),
    "zip, LZMA": lambda files: pack_zip(files, zipfile.ZIP_LZMA),
    "zip, Deflate64": _zip_by(9),
    "zip, Zstandard": _zip_by(93),
    "zip, xz": _zip_by(95),
    "zip behind a program": lambda files: PROGRAM + pack_zip(files),
    "zip with the mark of a split one": lambda files: b"PK\x07\x08" + pack_zip(files),
    "zip with paths of Windows": lambda files: pack_zip(
        {name.replace("/", "\\"): body for name, body in files.items()}
    ),
    "tar": pack_tar,
    "tar.gz": lambda files: gzip.compress(pack_tar(files)),
    "tar.bz2": lambda files: bz2.compress(pack_tar(files)),
    "tar.xz": lambda files: lzma.compress(pack_tar(files)),
    "tar.zst": lambda files: zstd.compress(pack_tar(files)),
    "7z": pack_7z,
    "7z behind a program": lambda files: PROGRAM + pack_7z(files),
}
STREAMS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "gzip with zeros behind it": lambda body: gzip.compress(body) + bytes(1000),
    "gzip in two members": lambda body: gzip.compress(body[:9]) + gzip.compress(body[9:]),
    "bzip2": bz2.compress,
    "bzip2 in two streams": lambda body: bz2.compress(body[:9]) + bz2.compress(body[9:]),
    "xz": lzma.compress,
    "xz in two streams": lambda body: lzma.compress(body[:9]) + bytes(8) + lzma.compress(body[9:]) + bytes(4),
    "LZMA": lambda body: lzma.compress(body, format=lzma.FORMAT_ALONE),
    "Zstandard": zstd.compress,
    "Zstandard in two frames": lambda body: zstd.compress(body[:9]) + zstd.compress(body[9:]),
}
