"""Decoding of compressed streams, with bounded memory: gzip, bzip2, xz, Zstandard."""

import bz2
import lzma
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from isal import igzip

from oa_task.conversion.unpack_budget import UnpackBudget
from oa_task.read.content_signatures import ContentKind

_CHUNK_BYTES = 1 << 20
_XZ_PADDING = b"\x00"
Decoder = Callable[[Path, UnpackBudget], Iterator[bytes]]


class ReadableBytes(Protocol):
    """A file, or a part of one, that is read from front to back."""

    def read(self, size: int = ..., /) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""


class _StreamDecoder(Protocol):
    """A decoder of one stream, as the libraries of xz and Zstandard have it."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


def _gzip(path: Path, _budget: UnpackBudget) -> Iterator[bytes]:
    with igzip.open(path, "rb") as file:  # type: ignore[no-untyped-call] # isal leaves it unannotated
        yield from chunks(file)


def _bzip2(path: Path, _budget: UnpackBudget) -> Iterator[bytes]:
    with bz2.open(path, "rb") as file:
        yield from chunks(file)


def _xz(path: Path, budget: UnpackBudget) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from xz_chunks(file, budget.limits.decoder_bytes)


def xz_chunks(file: ReadableBytes, memory_bytes: int) -> Iterator[bytes]:
    """Yield the content of xz or LZMA streams, one after the other, with zeros between them or at the end.

    Raises lzma.LZMAError for damaged data and for data that needs more memory.
    """
    return _decode_all(file, lambda: lzma.LZMADecompressor(memlimit=memory_bytes), padding=_XZ_PADDING)


def _zstandard(path: Path, budget: UnpackBudget) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from zstandard_chunks(file, budget.limits.decoder_bytes)


def zstandard_chunks(file: ReadableBytes, memory_bytes: int) -> Iterator[bytes]:
    """Yield the content of Zstandard frames, one after the other.

    Raises backports.zstd.ZstdError for damaged data and for a window that needs more memory, EOFError for cut data.
    """
    from backports import zstd  # noqa: PLC0415 - rarely needed

    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: memory_bytes.bit_length() - 1}
    return _decode_all(file, lambda: zstd.ZstdDecompressor(options=options))


def _decode_all(
    file: ReadableBytes, make_decoder: Callable[[], _StreamDecoder], *, padding: bytes = b""
) -> Iterator[bytes]:
    """Yield the content of streams, one after the other; `padding` between them and at the end is ignored."""
    ahead = file.read(_CHUNK_BYTES)
    while ahead:
        decoder = make_decoder()
        while not decoder.eof:
            if decoder.needs_input and not ahead:
                ahead = _more(file)
            yield decoder.decompress(ahead, _CHUNK_BYTES)
            ahead = b""
        ahead = (decoder.unused_data or file.read(_CHUNK_BYTES)).lstrip(padding)
        while not ahead and (more := file.read(_CHUNK_BYTES)):
            ahead = more.lstrip(padding)


def _more(file: ReadableBytes) -> bytes:
    chunk = file.read(_CHUNK_BYTES)
    if not chunk:
        raise EOFError("Compressed file ended before the end-of-stream marker was reached")
    return chunk


STREAM_CODECS: Mapping[ContentKind, Decoder] = {
    ContentKind.GZIP: _gzip,
    ContentKind.BZIP2: _bzip2,
    ContentKind.XZ: _xz,
    ContentKind.LZMA: _xz,
    ContentKind.ZSTD: _zstandard,
}


def chunks(file: ReadableBytes) -> Iterator[bytes]:
    """Yield the content of a file in pieces of at most 1 MiB."""
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk
