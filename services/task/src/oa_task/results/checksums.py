"""Sizes and SHA-256 digests of files."""

import hashlib
from pathlib import Path
from typing import Any


def sha256_of(path: Path) -> str:
    """Return the hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_facts(path: Path) -> dict[str, Any]:
    """Return the size and the digest of a file."""
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
