"""Streams of gzip as lines, with bounded memory."""

import zlib
from collections.abc import Iterator

from oa_cli.shadow.content import UnreadableContentError

_GZIP = 31
_STEP_BYTES = 1 << 20
_MOST_LINE_BYTES = 1 << 28


class GzipLines:
    """Splits chunks of a gzip file into lines; memory holds a mebibyte and one line."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(_GZIP)
        self._rest: list[bytes] = []
        self._rest_bytes = 0
        self._is_empty = True

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the complete lines so far. Raises UnreadableContentError for anything but gzip."""
        while chunk:
            self._is_empty = False
            if self._decoder.eof:
                self._decoder = zlib.decompressobj(_GZIP)
            try:
                text = self._decoder.decompress(chunk, _STEP_BYTES)
            except zlib.error as error:
                raise UnreadableContentError(f"the file is not gzip, or is damaged: {error}") from error
            chunk = self._decoder.unused_data if self._decoder.eof else self._decoder.unconsumed_tail
            yield from self._split(text)

    def end(self) -> Iterator[bytes]:
        """Yield the last line. Raises UnreadableContentError if the file ends early."""
        if self._is_empty or not self._decoder.eof:
            raise UnreadableContentError("the file ends early")
        if self._rest:
            yield b"".join(self._rest)

    def _split(self, text: bytes) -> Iterator[bytes]:
        *complete, rest = text.split(b"\n")
        if complete:
            yield b"".join([*self._rest, complete[0]])
            yield from complete[1:]
            self._rest, self._rest_bytes = [], 0
        self._rest_bytes += len(rest)
        if self._rest_bytes > _MOST_LINE_BYTES:
            raise UnreadableContentError(f"a line has more than {_MOST_LINE_BYTES:,} bytes")
        if rest:
            self._rest.append(rest)
