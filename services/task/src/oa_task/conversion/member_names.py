"""Names of the entries of an archive: their encoding, their place, and what programs add for themselves."""

import codecs
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import PurePosixPath

from oa_task.runtime.failure import TaskFailure

_UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075
_EXTRA_HEADER_BYTES = 4
# Programs on Windows write names in the code page of the console, not in that of texts.
_CONSOLE = {
    "cp1250": "cp852",
    "cp1251": "cp866",
    "cp1252": "cp850",
    "cp1253": "cp737",
    "cp1254": "cp857",
    "cp1257": "cp775",
    "iso8859-1": "cp850",
    "iso8859-2": "cp852",
    "iso8859-5": "cp866",
    "iso8859-15": "cp850",
}
_SUPERSETS = {
    "shift_jis": "cp932",
    "shift_jisx0213": "cp932",
    "shift_jis_2004": "cp932",
    "euc_jp": "cp932",
    "euc_jis_2004": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
}
_COMMON = ("cp932", "cp949", "gb18030", "cp950", "cp866", "cp1251", "cp850", "cp852", "cp1252")
_DEFAULT = "cp437"
_FIRST_EAST_ASIAN = "\u2e80"
_JUNK_FOLDERS = frozenset({"__macosx", "@eadir", ".appledouble", ".spotlight-v100", ".trashes", ".fseventsd"})
_JUNK_FILES = frozenset({".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", ".directory"})
_JUNK_PREFIXES = ("._", "~$", ".~lock.")


def is_junk(name: PurePosixPath) -> bool:
    """Return whether an entry is what a program adds for itself: resource forks, thumbnails, settings of folders."""
    parts = [part.lower() for part in name.parts]
    if not parts:
        return True
    return bool(_JUNK_FOLDERS & set(parts)) or parts[-1] in _JUNK_FILES or parts[-1].startswith(_JUNK_PREFIXES)


def safe_name(name: str) -> PurePosixPath:
    """Return the path of an entry below the folder of its archive. Raises TaskFailure if it points outside."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.as_posix().partition("/")[0]:
        raise TaskFailure("source.archive", f"the entry {name[:200]!r} points outside its folder")
    return path


def decode_names(names: Sequence[bytes], encoding: str | None, file: str | None) -> list[str]:
    """Return the names of one archive as text, all in one encoding.

    UTF-8 if all names are valid; else one in which an entry is the `file` of the definition; else the encoding of the
    definition, in the form that archives have it; else that of the zip format.
    """
    candidates = _candidates(encoding)
    decoded = [texts for candidate in candidates if (texts := _decode(names, candidate)) is not None]
    if _decode(names, "utf-8") is not None:
        return decoded[0]
    others = [texts for candidate in _COMMON if file and (texts := _decode(names, candidate)) is not None]
    if file:
        named = [texts for texts in (*decoded, *others) if any(_ends_in(text, file) for text in texts)]
        if named:
            return named[0]
    plausible = [texts for texts in decoded if _is_plausible(texts)]
    return plausible[0] if plausible else [name.decode(_DEFAULT) for name in names]


def zip_names(members: Sequence[zipfile.ZipInfo], encoding: str | None, file: str | None) -> list[str]:
    """Return the names of the members of a zip, whose flags and extra fields may state UTF-8."""
    stated = [_stated_name(member) for member in members]
    raw = [_raw_name(member) for member, name in zip(members, stated, strict=True) if name is None]
    decoded = iter(decode_names(raw, encoding, file))
    return [next(decoded) if name is None else name for name in stated]


def _stated_name(member: zipfile.ZipInfo) -> str | None:
    """Return the name that is UTF-8 by the flag or the Unicode path of Info-ZIP, None if neither states it."""
    if member.flag_bits & _UTF8_FLAG:
        return member.orig_filename.partition("\0")[0]
    extra = member.extra
    while len(extra) >= _EXTRA_HEADER_BYTES:
        kind, size = struct.unpack("<HH", extra[:_EXTRA_HEADER_BYTES])
        extra = extra[_EXTRA_HEADER_BYTES:]
        body, extra = extra[:size], extra[size:]
        is_path = kind == _UNICODE_PATH and body[:1] == b"\x01"
        if is_path and body[1:5] == struct.pack("<I", zlib.crc32(_raw_name(member))):
            return body[5:].decode("utf-8", "replace")
    return None


def _raw_name(member: zipfile.ZipInfo) -> bytes:
    return member.orig_filename.partition("\0")[0].encode(_DEFAULT, "replace")


def _candidates(encoding: str | None) -> tuple[str, ...]:
    name = _codec_name(encoding)
    if not name:
        return ("utf-8",)
    name = _SUPERSETS.get(name, name)
    return ("utf-8", name, *([_CONSOLE[name]] if name in _CONSOLE else []))


def _codec_name(encoding: str | None) -> str:
    try:
        return codecs.lookup(encoding).name if encoding else ""
    except LookupError:
        return ""


def _decode(names: Sequence[bytes], encoding: str) -> list[str] | None:
    try:
        return [name.decode(encoding) for name in names]
    except (UnicodeDecodeError, LookupError):
        return None


def _is_plausible(names: Sequence[str]) -> bool:
    """Return whether all characters beyond ASCII are letters, marks, digits or the punctuation of East Asia."""
    beyond = [letter for name in names for letter in name if not letter.isascii()]
    kinds = ((letter, unicodedata.category(letter)[0]) for letter in beyond)
    return all(kind in "LMN" or (kind == "P" and letter >= _FIRST_EAST_ASIAN) for letter, kind in kinds)


def _ends_in(name: str, file: str) -> bool:
    path, expected = (
        unicodedata.normalize("NFC", text.replace("\\", "/")).casefold().strip("/") for text in (name, file)
    )
    return f"/{path}".endswith(f"/{expected}") or f"/{path.rpartition('.')[0]}".endswith(f"/{expected}")
