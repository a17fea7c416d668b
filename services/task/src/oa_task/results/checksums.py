"""Sizes and SHA-256 digests of files."""

import hashlib
from pathlib import Path
from typing import TypedDict


class FileFacts(TypedDict):
    """A file in a manifest; `sha256` is hexadecimal."""

    bytes: int
    sha256: str


def sha256_of(path: Path) -> str:
    """Return the hexadecimal SHA-256 digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_facts(path: Path) -> FileFacts:
    """Return the size and the digest of a file."""
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
