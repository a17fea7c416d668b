"""Text of any encoding as UTF-8 with LF line ends, piece by piece (docs/engine.md, "Reading")."""

import codecs
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO

from oa_task.runtime.failure import TaskFailure

_PIECE_BYTES = 1 << 20
_REST_OF_LINE_BYTES = 1 << 16
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"))
_LATER_BOMS = ((codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_BE, "utf-16"))
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
_GUESSES = ("utf-8", "cp1252", "cp949", "cp932", "cp1251")


def utf8_pieces(path: Path, encoding: str | None) -> Iterator[bytes]:
    """Yield a file as UTF-8 without its byte order mark, with LF for each CR and CRLF.

    A byte order mark takes precedence over `encoding`. Raises TaskFailure source.encoding with the offset of the
    invalid byte, source.schema for an unknown encoding.
    """
    with path.open("rb") as file:
        codec = _codec(file.read(4), encoding)
        file.seek(0)
        carried_over = b""
        for piece in _transcode(file, codec, path.name):
            text = carried_over + piece
            carried_over = b"\r" if text.endswith(b"\r") else b""
            yield _with_line_feeds(text[: len(text) - len(carried_over)])
        if carried_over:
            yield b"\n"


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


def _transcode(file: IO[bytes], codec: str, name: str) -> Iterator[bytes]:
    """Yield the content of the file as UTF-8, each piece up to the end of a line unless that line is very long."""
    decoder = codecs.getincrementaldecoder(codec)(_decode_by_superset.__name__)
    offset = 0
    for raw in chain(iter(lambda: file.read(_PIECE_BYTES) + file.readline(_REST_OF_LINE_BYTES), b""), [b""]):
        try:
            text = decoder.decode(raw, final=not raw)
            yield raw if codec == "utf-8" else text.encode()
        except UnicodeDecodeError as error:
            raise TaskFailure("source.encoding", _invalid_byte(error, name, offset + len(raw))) from error
        except UnicodeError as error:
            raise TaskFailure("source.encoding", f"{name} is not {codec} near byte {offset:,}: {error}") from error
        offset += len(raw)


def _decode_by_superset(error: UnicodeError) -> tuple[str, int]:
    """Decode a character that the codec lacks by the larger encoding that is commonly declared under its name."""
    if not isinstance(error, UnicodeDecodeError) or error.encoding not in _SUPERSETS:
        raise error
    character = error.object[error.start : error.start + 2]
    try:
        return character.decode(_SUPERSETS[error.encoding]), error.start + len(character)
    except UnicodeDecodeError:
        raise error from None


codecs.register_error(_decode_by_superset.__name__, _decode_by_superset)


def _invalid_byte(error: UnicodeDecodeError, name: str, end: int) -> str:
    """Return a message that names the invalid byte; `end` is the file offset at which the decoded piece ends."""
    offset = end - len(error.object) + error.start
    line_start = error.object.rfind(b"\n", 0, error.start) + 1
    line = error.object[line_start:].split(b"\n", 1)[0]
    fitting = [guess for guess in _GUESSES if guess != error.encoding and _fits(line, guess)]
    advice = f"; the line is valid {' or '.join(fitting)}" if fitting else ""
    problem = f"{name} is not {error.encoding}: byte {error.object[error.start]:#04x} at offset {offset:,}"
    return f"{problem} ({error.reason}){advice}; set `conform.encoding`"


def _fits(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _with_line_feeds(text: bytes) -> bytes:
    return text if b"\r" not in text else text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
