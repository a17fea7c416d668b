"""Text of any encoding as UTF-8 with LF line ends, piece by piece (docs/engine.md, "Reading").

Each byte that is not text in its encoding becomes one mark, a character of the last private use plane, so that one
cut character costs one cell and not the file; `undecodable.py` finds the marks again.
"""

import codecs
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np

from oa_task.runtime.failure import TaskFailure

FIRST_MARK = 0x10FF00
_PIECE_BYTES = 1 << 20
_REST_OF_LINE_BYTES = 1 << 16
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"))
_LATER_BOMS = ((codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_BE, "utf-16"))
_MAX_END_BYTES = 4096
_FIRST_LEAD = -64
_UTF8 = frozenset({"utf-8", "utf-8-sig"})
# Data declared as the first encoding often contains characters that only the second one has.
_SUPERSETS = {
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "shift_jisx0213": "cp932",
    "shift_jis_2004": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
}
_GUESSES = ("utf-8", "cp1252", "cp949", "cp932", "gb18030", "cp1251", "cp1250")
_MAX_ADVICE = 3


class TextFile:
    """A text file; `codec` is the Python name of its encoding, `problem` the first byte that is not text in it.

    `may_hold_utf8` is set once text of another encoding has bytes that may be UTF-8.
    """

    def __init__(self, path: Path, encoding: str | None) -> None:
        """Open nothing yet; a byte order mark takes precedence over `encoding`.

        Raises TaskFailure source.schema for an unknown encoding.
        """
        self.path = path
        with path.open("rb") as file:
            self.codec = _codec(file.read(4), encoding)
        self.problem = ""
        self.may_hold_utf8 = False

    def pieces(self) -> Iterator[bytes]:
        """Yield the text as UTF-8 without its byte order mark and the end mark of DOS, with LF for each CR and CRLF.

        Raises TaskFailure source.encoding for a codec that cannot continue after an invalid byte.
        """
        carried_over = b""
        with self.path.open("rb") as file:
            for piece in self._transcode(file):
                text = carried_over + piece
                carried_over = _open_end(text[-_MAX_END_BYTES:])
                yield _with_line_feeds(text[: len(text) - len(carried_over)])
        yield _with_line_feeds(carried_over.replace(b"\x1a", b""))

    def _transcode(self, file: IO[bytes]) -> Iterator[bytes]:
        """Yield the content as UTF-8, each piece up to the end of a line unless that line is very long."""
        decoder = codecs.getincrementaldecoder(self.codec)(_decode_by_superset.__name__)
        offset, held = 0, b""
        for raw in chain(iter(lambda: file.read(_PIECE_BYTES) + file.readline(_REST_OF_LINE_BYTES), b""), [b""]):
            offset += len(raw)
            if self.codec in _UTF8:
                text, held = self._utf8(held + raw, offset, is_last=not raw)
                yield text
                continue
            try:
                yield self._decode(decoder, raw, offset)
            except UnicodeError as error:
                reason = f"{self.path.name} is not {self.codec} near byte {offset:,}: {error}"
                raise TaskFailure("source.encoding", reason) from error

    def _utf8(self, raw: bytes, end: int, *, is_last: bool) -> tuple[bytes, bytes]:
        """Return UTF-8 with its invalid bytes marked, and the start of a character that the next piece may complete."""
        if end == len(raw):
            raw = raw.removeprefix(codecs.BOM_UTF8)
        held = b"" if is_last else _unfinished_character(raw)
        text = raw[: len(raw) - len(held)]
        try:
            text.decode()
        except UnicodeDecodeError as error:
            self._note(error, end - len(held))
            # No valid UTF-8 has the bytes of a surrogate, so these can only be the escaped bytes.
            escaped = text.decode("utf-8", "surrogateescape").encode("utf-8", "surrogatepass")
            text = escaped.replace(b"\xed\xb2", b"\xf4\x8f\xbe").replace(b"\xed\xb3", b"\xf4\x8f\xbf")
        return text, held

    def _decode(self, decoder: codecs.IncrementalDecoder, raw: bytes, end: int) -> bytes:
        self.may_hold_utf8 = self.may_hold_utf8 or (not self.codec.startswith("utf") and _may_hold_utf8(raw))
        state = decoder.getstate()
        try:
            text = decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            self._note(error, end)
            decoder.errors = _mark_invalid_bytes.__name__
            decoder.setstate(state)
            text = decoder.decode(raw, final=not raw)
        return text.encode("utf-8", "replace")

    def _note(self, error: UnicodeDecodeError, end: int) -> None:
        """Keep the first problem; `end` is the file offset at which the decoded piece ends."""
        offset = end - len(error.object) + error.start
        self.problem = self.problem or (
            f"{self.path.name} is not {self.codec}: byte {error.object[error.start]:#04x} at offset {offset:,}"
        )


def encodings_of(raw: bytes, *, without: str) -> str:
    """Return the common encodings in which bytes are valid text, joined by "or", empty if there are none."""
    fitting = [guess for guess in _GUESSES if guess != without and is_valid(raw, guess)]
    return " or ".join(fitting[:_MAX_ADVICE])


def is_valid(raw: bytes, encoding: str) -> bool:
    """Return whether bytes are text in an encoding."""
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _codec(start: bytes, encoding: str | None) -> str:
    for mark, name in (*_BOMS, *_LATER_BOMS):
        if start.startswith(mark):
            return name
    try:
        bytes(4).decode(encoding or "utf-8")  # codecs that are not for text accept an empty input
        return codecs.lookup(encoding or "utf-8").name
    except (LookupError, ValueError) as error:
        raise TaskFailure("source.schema", f"unknown encoding {str(encoding)[:50]!r} in `conform.encoding`") from error


def table_codecs(encoding: str) -> tuple[str, ...]:
    """Return Python's codec of an encoding for the cells of a table, then the larger one commonly declared by its name.

    Raises TaskFailure source.schema for an unknown encoding.
    """
    codec = _codec(b"", encoding)
    larger = _SUPERSETS.get(codec)
    return (codec,) if larger is None else (codec, larger)


def _decode_by_superset(error: UnicodeError) -> tuple[str, int]:
    """Decode a character that the codec lacks by the larger encoding that is commonly declared under its name."""
    if not isinstance(error, UnicodeDecodeError) or error.encoding not in _SUPERSETS:
        raise error
    character = error.object[error.start : error.start + 2]
    try:
        return character.decode(_SUPERSETS[error.encoding]), error.start + len(character)
    except UnicodeDecodeError:
        raise error from None


def _mark_invalid_bytes(error: UnicodeError) -> tuple[str, int]:
    """Decode as above; return one mark for each byte that no encoding of the codec's family reads."""
    try:
        return _decode_by_superset(error)
    except UnicodeDecodeError as invalid:
        raw = invalid.object[invalid.start : invalid.end]
        return "".join(chr(FIRST_MARK + byte) for byte in raw), invalid.end


codecs.register_error(_decode_by_superset.__name__, _decode_by_superset)
codecs.register_error(_mark_invalid_bytes.__name__, _mark_invalid_bytes)


def _unfinished_character(raw: bytes) -> bytes:
    """Return the start of a UTF-8 character at the end of bytes, empty if the last character is complete."""
    for length in range(1, min(len(raw), 3) + 1):
        byte = raw[-length]
        if byte < 0x80:  # noqa: PLR2004 - ASCII
            return b""
        if byte >= 0xC0:  # noqa: PLR2004 - the first byte of a character of 2 to 4 bytes
            return raw[-length:] if length < 2 + (byte >= 0xE0) + (byte >= 0xF0) else b""  # noqa: PLR2004 - likewise
    return b""


def _may_hold_utf8(raw: bytes) -> bool:
    """Return whether a byte that continues a character of UTF-8 follows one that begins or continues one."""
    if raw.isascii():
        return False
    values = np.frombuffer(raw, dtype=np.int8)  # as signed numbers: 0x80 to 0xBF are below -64, and ASCII is positive
    places = np.flatnonzero(values[1:] < _FIRST_LEAD)
    return bool((values[places] < 0).any())


def _open_end(text: bytes) -> bytes:
    """Return line ends and end marks at the end of a text that only the next piece can explain."""
    end = text[len(text.rstrip(b"\r\n\x1a")) :]
    return end if b"\x1a" in end or end.endswith(b"\r") else b""


def _with_line_feeds(text: bytes) -> bytes:
    return text if b"\r" not in text else text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
