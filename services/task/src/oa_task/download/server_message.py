"""What a server says in a response that is not the data: the title of a page, the text of an error."""

import html
import json
import re

_START_BYTES = 16 * 1024
_MAX_TEXT = 200
_PAGE_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<title", b"<meta")
_PASSWORD_FIELDS = (b'type="password"', b"type='password'", b"type=password")
_COMMENTS = re.compile(rb"\A(?:\s|<!--.*?-->|<\?xml[^>]*\?>)*", re.DOTALL)
_HEADINGS = tuple(
    re.compile(rb"<%s[^>]*>(.{1,400}?)</%s" % (name, name), re.IGNORECASE | re.DOTALL) for name in (b"title", b"h1")
)
_XML_MESSAGES = tuple(
    re.compile(rb"<(?:\w+:)?%s[^>]*>([^<]{1,400})<" % name, re.IGNORECASE)
    for name in (b"Message", b"ExceptionText", b"ServiceException", b"faultstring")
)
_TAGS = re.compile(r"<[^>]*>")
_JSON_MEMBERS = ("message", "details", "error_description", "detail", "error", "title", "description")


def is_web_page(body: bytes) -> bool:
    """Return whether a body starts as an HTML page, after comments and an XML declaration."""
    start = body[:_START_BYTES].removeprefix(b"\xef\xbb\xbf")
    return start[_end_of_comments(start) :].lower().startswith(_PAGE_STARTS)


def has_password_field(body: bytes) -> bool:
    """Return whether a page has a field for a password."""
    return any(field in body.lower() for field in _PASSWORD_FIELDS)


def server_message(body: bytes) -> str:
    """Return the title of a page, the text of an error in XML or JSON, or a short plain text; "" if there is none."""
    start = body[:_START_BYTES]
    if is_web_page(start):
        return _first_match(_HEADINGS, start)
    if start.lstrip().startswith(b"<"):
        return _first_match(_XML_MESSAGES, start)
    if start.lstrip().startswith((b"{", b"[")):
        return _json_message(body)
    text = start.decode("utf-8", "replace")
    is_text = len(body) <= _START_BYTES and "\ufffd" not in text and "\0" not in text
    return _shorten(text) if is_text else ""


def quote_message(body: bytes) -> str:
    """Return `: the server says '…'` for the end of a sentence, "" if the body has no message."""
    message = server_message(body)
    return f": the server says {message!r}" if message else ""


def _end_of_comments(start: bytes) -> int:
    match = _COMMENTS.match(start)
    return match.end() if match else 0


def _first_match(patterns: tuple[re.Pattern[bytes], ...], start: bytes) -> str:
    texts = (_shorten(match[1].decode("utf-8", "replace")) for pattern in patterns if (match := pattern.search(start)))
    return next((text for text in texts if text), "")


def _json_message(body: bytes) -> str:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    while isinstance(value, dict | list):
        items = value if isinstance(value, list) else [value.get(name) for name in _JSON_MEMBERS]
        value = next((item for item in items if item), None)
    return _shorten(value) if isinstance(value, str) else ""


def _shorten(text: str) -> str:
    plain = " ".join(html.unescape(_TAGS.sub(" ", text)).split())
    printable = "".join(character for character in plain if character.isprintable())
    return printable if len(printable) <= _MAX_TEXT else printable[: _MAX_TEXT - 1] + "…"
