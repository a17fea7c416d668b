"""The kind of a text by its first bytes: markup, JSON, the text formats of maps; and the sentence that it shows."""

import codecs
import html
import json
import re
from dataclasses import dataclass
from enum import Enum, auto

_MAX_QUOTED = 200
_ENOUGH_LEVELS = 8
# The mark of UTF-32 begins with that of UTF-16.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PROLOG = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->|<!doctype(?:[^>\[]|\[.*?\])*>)*", re.IGNORECASE | re.DOTALL)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)(?=[\s>/])")
_TITLES = tuple(re.compile(rf"<{tag}[^>]*>(.*?)</{tag}", re.IGNORECASE | re.DOTALL) for tag in ("title", "h1", "h2"))
_INVISIBLE = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_TAGS = re.compile(r"<[^>]*>?")
_HTML_ROOTS = frozenset({"html", "head", "body", "script", "title", "meta", "center", "frameset"})
_ERROR_ROOTS = frozenset({"error", "exceptionreport", "serviceexceptionreport", "exception", "fault", "envelope"})
_ERROR_TEXTS = tuple(
    re.compile(rf"<(?:[\w.-]+:)?{tag}[^>]*>(.*?)</", re.IGNORECASE | re.DOTALL)
    for tag in ("ExceptionText", "ServiceException", "Message", "faultstring", "Details")
)
_SENTENCE_MEMBERS = ("message", "error_description", "detail", "details", "error", "errors", "description", "status")
_GEOJSON_TYPES = re.compile(
    r'"type"\s*:\s*"(?:FeatureCollection|Feature|Point|MultiPoint|LineString|MultiLineString|Polygon|MultiPolygon'
    r'|GeometryCollection)"|"features"\s*:\s*\['
)
_MIF = re.compile(r"version\s+\d+\s*\n(?:.*\n){0,6}?\s*(?:charset|delimiter|coordsys|columns)\b", re.IGNORECASE)
_DXF = re.compile(r"(?:\s*999\r?\n.*\n)*\s*0\r?\nSECTION\r?\n")


class TextClass(Enum):
    """What a text is."""

    WEB_PAGE = auto()
    KML = auto()
    GML = auto()
    ERROR_XML = auto()
    XML = auto()
    GEOJSON = auto()
    ERROR_JSON = auto()
    JSON = auto()
    MAPINFO = auto()
    DXF = auto()
    RTF = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class ClassifiedText:
    """What a text is, and its title, its message or its first line."""

    kind: TextClass
    sentence: str = ""


def quote(sentence: str) -> str:
    """Return text without markup and white space at its ends, on one line of at most 200 characters."""
    text = " ".join(html.unescape(_TAGS.sub(" ", sentence)).split())
    return text if len(text) <= _MAX_QUOTED else f"{text[: _MAX_QUOTED - 1]}…"


_MARKUP = re.compile(rb"\s*<[?!A-Za-z]")


def classify_text(head: bytes, *, is_whole: bool, encoding: str | None = None) -> ClassifiedText | None:
    """Return what the first bytes of a text are, None if they are not text. `is_whole`: they are the entire file.

    A byte order mark, and markup or JSON in plain ASCII, take precedence over the declared `encoding`, as a server
    sends its pages and errors in its own encoding.
    """
    text = _decode(head)
    found = None if text is None else _classify(text, is_whole=is_whole)
    if encoding is None or _has_mark(head) or (found is not None and found.kind is not TextClass.TEXT):
        return found
    declared = _decode_as(head, encoding)
    return found if declared is None else _classify(declared, is_whole=is_whole)


def _classify(text: str, *, is_whole: bool) -> ClassifiedText:
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("<"):
        found = _classify_markup(start)
        if found is not None:
            return found
    if start.startswith(("{\\rtf", "{", "[", "\x1e")):
        found = _classify_json(start, is_whole=is_whole)
        if found is not None:
            return found
    if start[:6].lower() == "!table" or _MIF.match(start):
        return ClassifiedText(TextClass.MAPINFO)
    if _DXF.match(start):
        return ClassifiedText(TextClass.DXF)
    return ClassifiedText(TextClass.TEXT, start.partition("\n")[0])


def _decode(head: bytes) -> str | None:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "replace")
    # Markup with a damaged byte is still markup; other text has no NUL.
    if b"\x00" in head and not _MARKUP.match(head):
        return None
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError as error:
        is_cut = error.start > len(head) - 4
        return head.decode("utf-8", "replace") if is_cut else head.decode("latin-1")


def _has_mark(head: bytes) -> bool:
    return any(head.startswith(mark) for mark, _encoding in _BOMS)


def _decode_as(head: bytes, encoding: str) -> str | None:
    """Return bytes as text of an encoding, None if it is unknown, is not for text, or gives NUL characters."""
    try:
        text = head.decode(encoding, "replace")
    except (LookupError, ValueError):
        return None
    return None if "\x00" in text else text


def _classify_markup(text: str) -> ClassifiedText | None:
    """Return what markup is by its root element, None without one."""
    prolog = _PROLOG.match(text)
    rest = text[prolog.end() :] if prolog else text
    root = _ROOT.match(rest)
    is_page = text[:14].lower() == "<!doctype html"
    if root is None:
        return ClassifiedText(TextClass.WEB_PAGE, _title(text)) if is_page else None
    name = root[1].lower()
    if is_page or name in _HTML_ROOTS:
        return ClassifiedText(TextClass.WEB_PAGE, _title(text))
    if name in _ERROR_ROOTS:
        return ClassifiedText(TextClass.ERROR_XML, _error_text(rest))
    if name == "kml":
        return ClassifiedText(TextClass.KML)
    opening = rest[: 16 * 1024]
    if "opengis.net/gml" in opening and "capabilities" not in name:
        return ClassifiedText(TextClass.GML)
    return ClassifiedText(TextClass.XML, root[0].removeprefix("<"))


def _title(page: str) -> str:
    """Return the title of a page, else its first heading, else its first words."""
    for pattern in _TITLES:
        found = pattern.search(page)
        if found and quote(found[1]):
            return found[1]
    return _INVISIBLE.sub(" ", page)


def _error_text(text: str) -> str:
    """Return the sentence of an error document: of a bucket, of an OGC service or of SOAP."""
    for pattern in _ERROR_TEXTS:
        found = pattern.search(text)
        if found and quote(found[1].replace("<![CDATA[", "").replace("]]>", "")):
            return found[1].replace("<![CDATA[", "").replace("]]>", "")
    return text


def _classify_json(text: str, *, is_whole: bool) -> ClassifiedText | None:
    if text.startswith("{\\rtf"):
        return ClassifiedText(TextClass.RTF)
    if _GEOJSON_TYPES.search(text) or text.startswith("\x1e"):
        return ClassifiedText(TextClass.GEOJSON)
    if not is_whole:
        return ClassifiedText(TextClass.JSON) if re.match(r'[{\[]\s*["{\[]', text) else None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ClassifiedText(TextClass.JSON, text.partition("\n")[0]) if re.match(r'\{\s*"', text) else None
    sentence = _sentence(value)
    return ClassifiedText(TextClass.ERROR_JSON if sentence else TextClass.JSON, sentence or text.partition("\n")[0])


def _sentence(value: object, levels: int = _ENOUGH_LEVELS) -> str:
    """Return the message of a JSON error, empty if it has none."""
    if not levels:
        return ""
    if isinstance(value, list):
        items = [item if isinstance(item, str) else _sentence(item, levels - 1) for item in value[:5]]
    elif isinstance(value, dict):
        members = {str(key).lower(): item for key, item in value.items()}
        named = [members[name] for name in _SENTENCE_MEMBERS if name in members]
        items = [item if isinstance(item, str) else _sentence(item, levels - 1) for item in named]
    else:
        items = []
    return next((item for item in items if item.strip()), "")
