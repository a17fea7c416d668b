"""Text of any encoding as UTF-8 with plain line ends, in pieces (docs/engine.md, encodings)."""

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
# Data that is declared as the first often holds characters that only the second knows.
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
    """Yield a file as UTF-8 without its byte order mark, CR and CRLF as LF.

    A byte order mark wins over the name given. Raises TaskFailure source.encoding with the offset of the bad byte,
    source.schema for an encoding that does not exist.
    """
    with path.open("rb") as file:
        codec = _codec(file.read(4), encoding)
        file.seek(0)
        held = b""
        for piece in _transcoded(file, codec, path.name):
            text = held + piece
            held = b"\r" if text.endswith(b"\r") else b""
            yield _with_line_feeds(text[: len(text) - len(held)])
        if held:
            yield b"\n"


def _codec(start: bytes, encoding: str | None) -> str:
    for mark, name in (*_BOMS, *_LATER_BOMS):
        if start.startswith(mark):
            return name
    try:
        bytes(4).decode(encoding or "utf-8")  # an empty text is fine with codecs that are none of text
        return codecs.lookup(encoding or "utf-8").name
    except (LookupError, ValueError) as error:
        raise TaskFailure("source.schema", f"there is no encoding {str(encoding)[:50]!r}") from error


def _transcoded(file: IO[bytes], codec: str, name: str) -> Iterator[bytes]:
    """Yield what the file holds as UTF-8, each piece to the end of a line where lines are not endless."""
    decoder = codecs.getincrementaldecoder(codec)(_by_superset.__name__)
    offset = 0
    for raw in chain(iter(lambda: file.read(_PIECE_BYTES) + file.readline(_REST_OF_LINE_BYTES), b""), [b""]):
        try:
            text = decoder.decode(raw, final=not raw)
            yield raw if codec == "utf-8" else text.encode()
        except UnicodeDecodeError as error:
            raise TaskFailure("source.encoding", _complaint(error, name, offset + len(raw))) from error
        except UnicodeError as error:
            raise TaskFailure("source.encoding", f"{name} is not {codec} near byte {offset:,}: {error}") from error
        offset += len(raw)


def _by_superset(error: UnicodeError) -> tuple[str, int]:
    """Decode a character that the codec does not know by the larger codec that is written under its name."""
    if not isinstance(error, UnicodeDecodeError) or error.encoding not in _SUPERSETS:
        raise error
    character = error.object[error.start : error.start + 2]
    try:
        return character.decode(_SUPERSETS[error.encoding]), error.start + len(character)
    except UnicodeDecodeError:
        raise error from None


codecs.register_error(_by_superset.__name__, _by_superset)


def _complaint(error: UnicodeDecodeError, name: str, end: int) -> str:
    """Say which byte is wrong; `end` is the offset in the file of the end of what was being decoded."""
    place = end - len(error.object) + error.start
    line_start = error.object.rfind(b"\n", 0, error.start) + 1
    line = error.object[line_start:].split(b"\n", 1)[0]
    fits = [guess for guess in _GUESSES if guess != error.encoding and _fits(line, guess)]
    advice = f"; the line is sound as {' or '.join(fits)}" if fits else ""
    found = f"{name} is not {error.encoding}: byte {error.object[error.start]:#04x} at offset {place:,}"
    return f"{found} ({error.reason}){advice}; set `conform.encoding`"


def _fits(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _with_line_feeds(text: bytes) -> bytes:
    return text if b"\r" not in text else text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
