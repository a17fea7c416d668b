"""Addresses of source definitions and of data: what counts as one, and the file behind a page of GitHub."""

import re

_DATA_SCHEME = re.compile(r"(?:https?|ftps?|s3)://", re.IGNORECASE)
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_BLOB = re.compile(r"https://github\.com/(?P<repository>[^/?#]+/[^/?#]+)/blob/(?P<rest>[^?#]+)(?:[?#].*)?")

MAX_DEFINITION_BYTES = 2 * 1024 * 1024


def is_web_address(text: str) -> bool:
    """Return whether a text is an HTTP URL rather than a path."""
    return bool(_SCHEME.match(text))


def is_data_address(text: str) -> bool:
    """Return whether a text is a URL from which data can be downloaded rather than a path."""
    return bool(_DATA_SCHEME.match(text))


def raw_address(address: str) -> str:
    """Return the URL of a file on GitHub instead of that of its page; any other URL is unchanged."""
    match = _BLOB.fullmatch(address)
    return f"https://raw.githubusercontent.com/{match['repository']}/{match['rest']}" if match else address
