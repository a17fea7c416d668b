"""Detection of web pages in place of data: login pages, error pages, notices of moved files."""

import html
import re
from pathlib import Path

from oa_task.runtime.failure import TaskFailure

_HEAD_BYTES = 16 * 1024
_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script")
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.IGNORECASE)


def refuse_web_page(path: Path, expected: str) -> None:
    """Raise TaskFailure source.format, with the title of the page, if a file is an HTML page."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        start = file.read(_HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    is_xhtml = start.startswith(b"<?xml") and b"<html" in start.lower()
    if not is_xhtml and not start.lower().startswith(_STARTS):
        return
    title = _TITLE.search(start)
    title_text = f" titled {html.unescape(title[1].decode('utf-8', 'replace')).strip()!r}" if title else ""
    raise TaskFailure(
        "source.format",
        f"{path.name} is a web page{title_text} from byte 0 on, not {expected}: check what the URL returns",
    )
