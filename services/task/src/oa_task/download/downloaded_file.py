"""The result of a download: a file, and its version by the response of the server."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from yarl import URL

_MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A file as the server sent it; with `not_modified` the stored copy, which the server reports as unchanged.

    `url` is the requested URL, without user and password.
    """

    path: Path
    url: str
    size_bytes: int
    sha256: str
    etag: str | None = None
    last_modified: str | None = None
    not_modified: bool = False


def file_name(url: URL) -> str:
    """Return a safe file name for a URL: its last path segment, which has the extension."""
    name = PurePosixPath(url.path).name or "data"
    safe = "".join(c if (c.isascii() and c.isalnum()) or c in "._-" else "_" for c in name)
    return safe[-_MAX_NAME:].lstrip(".") or "data"


def without_login(url: URL) -> str:
    """Return a URL without user and password, for logs and messages."""
    return str(url.with_user(None)) if url.user or url.password else str(url)
