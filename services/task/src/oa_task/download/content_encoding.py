"""Decoding of bodies with a `Content-Encoding` within limits: a small body may expand without end."""

import asyncio
import gzip
import io
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar, cast

from oa_task.runtime.failure import TaskFailure

_Result = TypeVar("_Result")
_CHUNK_BYTES = 1 << 18
_MAX_RATIO = 200  # of JSON with long runs of equal rows; a bomb has 1,000 and more
_FREE_BYTES = 64 * 1024**2  # below this size, no ratio is suspicious
_ENCODINGS = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd"})


class ContentEncodingError(Exception):
    """The encoded body is damaged, or its encoding is unknown."""


def content_encodings(header: str) -> list[str]:
    """Return the encodings of a `Content-Encoding` header in the order of decoding.

    Ignores `identity` and values without a meaning, such as the `utf-8` of some servers; `compress` (LZW) is one
    that is not supported.
    """
    names = [name.strip().lower() for name in header.split(",")]
    return [name for name in reversed(names) if name in _ENCODINGS or name in {"compress", "x-compress"}]


async def decode_file(source: Path, target: Path, encodings: list[str], *, most_bytes: int) -> None:
    """Write the decoded bytes of a file to another one.

    Ends soon after cancellation. Raises ContentEncodingError, TaskFailure source.too_large for too many bytes or for a
    ratio of more than 200.
    """
    await run_stoppable(lambda stop: _decode_file(source, target, encodings, most_bytes, stop))


def decode_body(body: bytes, encodings: list[str], *, most_bytes: int) -> bytes:
    """Return a decoded body. Raises ContentEncodingError, or TaskFailure source.too_large as `decode_file` does."""
    if not encodings:
        return body
    target = io.BytesIO()
    _copy(io.BytesIO(body), target, encodings, _Budget(len(body), most_bytes, threading.Event()))
    return target.getvalue()


async def run_stoppable(call: Callable[[threading.Event], _Result]) -> _Result:
    """Return the result of a call in a thread; set its event on cancellation, and wait until it returns."""
    stop = threading.Event()
    running = asyncio.create_task(asyncio.to_thread(call, stop))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.gather(running, return_exceptions=True)
        raise


def _decode_file(source: Path, target: Path, encodings: list[str], most_bytes: int, stop: threading.Event) -> None:
    with source.open("rb") as encoded, target.open("wb") as plain:
        _copy(encoded, plain, encodings, _Budget(source.stat().st_size, most_bytes, stop))


class _Budget:
    """The bytes that a body may still expand to."""

    def __init__(self, encoded_bytes: int, most_bytes: int, stop: threading.Event) -> None:
        self._encoded_bytes = encoded_bytes
        self._allowed_bytes = min(most_bytes, max(_FREE_BYTES, encoded_bytes * _MAX_RATIO))
        self._done = 0
        self._stop = stop

    def spend(self, count: int) -> None:
        """Count decoded bytes. Raises TaskFailure source.too_large."""
        self._done += count
        self.check_stop()
        if self._done > self._allowed_bytes:
            raise TaskFailure(
                "source.too_large",
                f"the content encoding expands {self._encoded_bytes:,} bytes to more than {self._allowed_bytes:,}",
            )

    def check_stop(self) -> None:
        """Raise ContentEncodingError after cancellation."""
        if self._stop.is_set():
            raise ContentEncodingError("stopped")


class _Watched(io.RawIOBase):
    """An encoded stream that ends the decoder after cancellation, even while the decoder yields nothing."""

    def __init__(self, stream: IO[bytes], budget: _Budget) -> None:
        self._stream = stream
        self._budget = budget

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self._budget.check_stop()
        return self._stream.read(_CHUNK_BYTES if size < 0 else size)


class _Inflated(io.RawIOBase):
    """The plain bytes of a `deflate` body: zlib as the standard says, or raw as some servers send it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._rest = stream.read(_CHUNK_BYTES)
        is_zlib = self._rest[:1] == b"\x78" and int.from_bytes(self._rest[:2], "big") % 31 == 0
        self._decoder = zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._decoder.eof:
            chunk = self._decoder.decompress(self._rest, max(size, 1))
            self._rest = self._decoder.unconsumed_tail or self._stream.read(_CHUNK_BYTES)
            if chunk:
                return chunk
            if not self._rest and not self._decoder.eof:
                raise EOFError("the data ends early")
        return b""


def _copy(source: IO[bytes], target: IO[bytes], encodings: list[str], budget: _Budget) -> None:
    stream = cast("IO[bytes]", _Watched(source, budget))
    try:
        for encoding in encodings:
            stream = _open_decoder(stream, encoding)
        while chunk := stream.read(_CHUNK_BYTES):
            budget.spend(len(chunk))
            target.write(chunk)
    except (EOFError, zlib.error, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the disk, not the data
        raise ContentEncodingError(f"{type(error).__name__}: {error}") from error


def _open_decoder(stream: IO[bytes], encoding: str) -> IO[bytes]:
    if encoding in {"gzip", "x-gzip"}:
        return cast("IO[bytes]", gzip.GzipFile(fileobj=stream, mode="rb"))
    if encoding == "deflate":
        return cast("IO[bytes]", _Inflated(stream))
    if encoding in {"br", "zstd"}:
        import pyarrow as pa  # noqa: PLC0415 - slow to import, and few servers need it

        name = {"br": "brotli"}.get(encoding, encoding)
        return cast("IO[bytes]", pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), name))
    raise ContentEncodingError(f"the content encoding {encoding!r} is not supported")
