"""The text that an author typed or pasted, and what its address says."""

import re

from oa_api.http.errors import InvalidError
from oa_shared.carriers import why_not_name

MAX_TEXT_BYTES = 512 * 1024
# Each byte may take three in a form, besides the other fields.
MAX_FORM_BYTES = 3 * MAX_TEXT_BYTES + 16 * 1024
_NUL = "\0"
_PATH_BELOW_SOURCES = re.compile(r"(?:^|/)sources/(?P<name>[^?#]+)\.json(?:[?#]|\Z)")


def restore_line_ends(text: str) -> str:
    """Return a text with the line ends that the author sees: browsers send each as CR LF."""
    return text.replace("\r\n", "\n")


def check_typed_text(text: str) -> None:
    """Raise InvalidError for a text that is too large or that the database cannot store."""
    size_bytes = len(text.encode("utf-8", "replace"))
    if size_bytes > MAX_TEXT_BYTES:
        raise InvalidError(
            f"the definition has {size_bytes:,} bytes, limit {MAX_TEXT_BYTES:,} bytes: try a larger one with `oa try`"
        )
    if _NUL in text:
        line = text.count("\n", 0, text.index(_NUL)) + 1
        raise InvalidError(f"line {line} has a NUL character: remove it")


def name_in_url(url: str) -> str:
    """Return the name of the source at a URL of the repository, empty for any other."""
    match = _PATH_BELOW_SOURCES.search(url)
    return match["name"] if match and why_not_name(match["name"]) is None else ""
