"""What a server says in a response that is not the data: the title of a page, the text of an error."""

from typing import assert_never

from oa_task.read.text_content import ClassifiedText, TextClass, classify_text, quote

_START_BYTES = 16 * 1024
_PASSWORD_FIELDS = (b'type="password"', b"type='password'", b"type=password")


def is_web_page(body: bytes) -> bool:
    """Return whether a body starts as an HTML page, after comments and an XML declaration."""
    # Pages of features are JSON, which the first character shows.
    if body[:3].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        return False
    found = _classify(body)
    return found is not None and found.kind is TextClass.WEB_PAGE


def has_password_field(body: bytes) -> bool:
    """Return whether a page has a field for a password."""
    return any(field in body.lower() for field in _PASSWORD_FIELDS)


def server_message(body: bytes) -> str:
    """Return the title of a page, the text of an error in XML or JSON, or a short plain text; "" if there is none."""
    found = _classify(body)
    if found is None:
        return ""
    match found.kind:
        case TextClass.WEB_PAGE | TextClass.ERROR_XML | TextClass.ERROR_JSON:
            return _printable(found.sentence)
        case TextClass.TEXT:
            text = body.decode("utf-8", "replace") if len(body) <= _START_BYTES else ""
            return "" if "\ufffd" in text else _printable(text)
        case (
            TextClass.KML
            | TextClass.GML
            | TextClass.XML
            | TextClass.GEOJSON
            | TextClass.JSON
            | TextClass.MAPINFO
            | TextClass.DXF
            | TextClass.RTF
        ):
            return ""
        case _:
            assert_never(found.kind)


def quote_message(body: bytes) -> str:
    """Return `: the server says '…'` for the end of a sentence, "" if the body has no message."""
    message = server_message(body)
    return f": the server says {message!r}" if message else ""


def _classify(body: bytes) -> ClassifiedText | None:
    return classify_text(body[:_START_BYTES], is_whole=len(body) <= _START_BYTES)


def _printable(sentence: str) -> str:
    return "".join(character for character in quote(sentence) if character.isprintable())
