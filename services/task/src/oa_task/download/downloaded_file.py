"""The result of a download: a file, and its version by the response of the server."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from yarl import URL

from oa_shared.failure_details import ServerAnswer

_MAX_NAME = 100
_PROGRAM_SUFFIXES = frozenset({"", ".action", ".asp", ".ashx", ".aspx", ".axd", ".cgi", ".do", ".jsp", ".php"})


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A file as the server sent it; with `not_modified` the stored copy, which the server reports as unchanged.

    `url` is the requested URL, without user and password; `answer` is that of the server, if it may be quoted.
    `location` is a digest of the address to which redirects led, `request` one of all that the definition says about
    the request.
    """

    path: Path
    url: str
    size_bytes: int
    sha256: str
    etag: str | None = None
    last_modified: str | None = None
    not_modified: bool = False
    answer: ServerAnswer | None = None
    location: str | None = None
    request: str | None = None


def file_name(url: URL, announced: str | None = None) -> str:
    """Return a safe file name for a URL: its last path segment, which has the extension.

    The name that the server announces takes its place if the segment has no extension or that of a program.
    """
    name = PurePosixPath(url.path).name or "data"
    announced_name = PurePosixPath((announced or "").replace("\\", "/")).name
    if PurePosixPath(name).suffix.lower() in _PROGRAM_SUFFIXES and PurePosixPath(announced_name).suffix:
        name = announced_name
    safe = "".join(c if (c.isascii() and c.isalnum()) or c in "._-" else "_" for c in name)
    return safe[-_MAX_NAME:].lstrip(".") or "data"


def without_login(url: URL) -> str:
    """Return a URL without user and password, for logs and messages."""
    return str(url.with_user(None)) if url.user or url.password else str(url)
