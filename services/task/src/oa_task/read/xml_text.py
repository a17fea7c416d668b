"""XML that GDAL can read to its end: well-formed, in an encoding that its parser knows.

GDAL's parser knows four encodings, Python's codecs know all others. It ends without an error where a file is damaged.
"""

import codecs
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import copyfile
from xml.parsers.expat import ExpatError, ParserCreate

from oa_task.features.bad_rows import BadRows
from oa_task.read.encoding import table_codecs
from oa_task.read.layer_count import note_lost
from oa_task.read.request import ReadRequest
from oa_task.read.scratch import scratch_folder
from oa_task.runtime.failure import TaskFailure

XML_FORMATS = frozenset({"xml", "kml"})
REPLACEMENT = "\ufffd"
COPY_PURPOSE = "utf-8"
_PIECE_BYTES = 1 << 20
_START_BYTES = 1024
_DECLARATION = re.compile(r"""(<\?xml[^>]*?\sencoding\s*=\s*["'])([^"'>]*)""")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_UTF8 = "utf-8"
_BOMS = {codecs.BOM_UTF8: _UTF8, codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_KNOWN = frozenset({_UTF8, "iso8859-1", "ascii"})
# The names of these that the parser knows: not `utf8`, `latin1` or `ascii`.
_KNOWN_NAMES = frozenset({"utf-8", "iso-8859-1", "us-ascii"})
_ALLOWED = bytes(byte for byte in range(256) if byte >= ord(" ") or byte in b"\t\n\r")
_COMPANIONS = (".xsd", ".gfs")


def readable_xml(request: ReadRequest, stack: ExitStack) -> Path:
    """Return the file, or a copy in UTF-8 if its encoding or bytes that are not text require one.

    The stack removes the copy, which has U+FFFD in place of what is not text. Raises TaskFailure source.schema for an
    unknown `conform.encoding`.
    """
    path, declared = request.path, request.option("encoding")
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    match = _DECLARATION.search(start.decode("latin-1"))
    mark = next((codec for bom, codec in _BOMS.items() if start.startswith(bom)), None)
    own = mark or _codec(match[2] if match else _UTF8)
    codec = table_codecs(declared)[-1] if declared and mark is None else own
    has_known_name = match is None or match[2].lower() in _KNOWN_NAMES
    if codec == own and codec in _KNOWN and has_known_name:
        if _is_text(request, codec):
            return path
        request.bad_rows.warn(f"{path.name} has bytes that are not text in {codec}: the text around them may be lost")
    if codec != _UTF8 and mark is None and _is_text(request, _UTF8) and not _is_text(request, "ascii"):
        request.bad_rows.warn(f"{path.name} is valid UTF-8, but is read as {codec}; check `conform.encoding`")
    return _copy(path, codec, scratch_folder(path, COPY_PURPOSE, stack))


def note_lost_elements(path: Path, layer: str, rows: int, bad_rows: BadRows) -> None:
    """Count the features that the file has and that were not read, if it is not well-formed, as bad rows.

    Raises TaskFailure source.format if their number is not known.
    """
    count = _count_elements(path, layer)
    if count == rows or (error := _error(path)) is None:
        return
    reason = f"{path.name} is not well-formed XML: {error}"
    if count < rows:
        raise TaskFailure("source.format", f"{reason}; {rows:,} features can be read before that place")
    note_lost(bad_rows, rows, count, f"{reason}; of {count:,}")


def _is_text(request: ReadRequest, codec: str) -> bool:
    """Return whether the bytes of a file are text of XML in an encoding; the first `limit` features are unchecked."""
    if request.limit is not None:
        return True
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        with request.path.open("rb") as file:
            while raw := file.read(_PIECE_BYTES):
                decoder.decode(raw)
                if raw.translate(None, _ALLOWED):
                    return False
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _count_elements(path: Path, name: str) -> int:
    """Return how many elements of a name begin in a file."""
    pattern = re.compile(rb"<(?:[\w.-]+:)?" + re.escape(name.encode()) + rb"[\s/>]")
    count, tail = 0, b""
    with path.open("rb") as file:
        while raw := file.read(_PIECE_BYTES):
            text = tail + raw
            last = text.rfind(b"<")
            whole, tail = (text, b"") if last < 0 else (text[:last], text[last:])
            count += len(pattern.findall(whole))
    return count + len(pattern.findall(tail))


def _codec(name: str) -> str:
    """Return Python's codec of a declared encoding, UTF-8 for an unknown one."""
    try:
        return codecs.lookup(name).name
    except LookupError:
        return _UTF8


def _error(path: Path) -> ExpatError | None:
    """Return the first error in a file, None if it is well-formed."""
    try:
        with path.open("rb") as file:
            ParserCreate().ParseFile(file)
    except ExpatError as error:
        return error
    return None


def _copy(path: Path, codec: str, folder: Path) -> Path:
    """Return a copy in UTF-8 that declares no other encoding, in its own folder."""
    for companion in (path.with_suffix(suffix) for suffix in _COMPANIONS):
        if companion.is_file():
            copyfile(companion, folder / companion.name)
    copy = folder / path.name
    with copy.open("wb") as file:
        for number, text in enumerate(_pieces(path, codec)):
            declared = _DECLARATION.sub(r"\1UTF-8", text, count=1) if number == 0 else text
            file.write(_FORBIDDEN.sub(REPLACEMENT, declared).encode())
    return copy


def _pieces(path: Path, codec: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(codec)("replace")
    with path.open("rb") as file:
        while raw := file.read(_PIECE_BYTES):
            yield decoder.decode(raw)
    yield decoder.decode(b"", final=True)
