"""What a download leaves behind: a file, and what its server said about it."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from yarl import URL

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A file as the server sent it; `not_modified` when the server said so and the stored copy stands in for it.

    `url` is the address that was asked for, without user and password.
    """

    path: Path
    url: str
    size_bytes: int
    sha256: str
    etag: str | None = None
    last_modified: str | None = None
    not_modified: bool = False


def file_name(url: URL) -> str:
    """Return a safe name for the file behind an address: its last part, which carries the extension."""
    name = PurePosixPath(url.path).name or "data"
    safe = "".join(c if (c.isascii() and c.isalnum()) or c in "._-" else "_" for c in name)
    return safe[-_LONGEST_NAME:].lstrip(".") or "data"


def without_login(url: URL) -> str:
    """Return an address as it may be written down."""
    return str(url.with_user(None)) if url.user or url.password else str(url)
