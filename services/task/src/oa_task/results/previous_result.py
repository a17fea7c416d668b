"""What was made of the same entry before: its manifest, its cache, its features."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from oa_task.results.files import MANIFEST_FILE


class PreviousResult(Protocol):
    """The files of an earlier job; only its manifest is at hand from the start."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Return what the earlier job said of itself."""

    async def fetch(self, name: str, folder: Path) -> Path | None:
        """Return where a file of the earlier job lies, brought into `folder` if need be; None if it cannot be had."""


@dataclass(frozen=True, slots=True)
class PreviousFolder:
    """An earlier output folder on this machine."""

    folder: Path
    manifest: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return a folder with a manifest in it, None where there is none."""
        try:
            manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return cls(folder, manifest) if isinstance(manifest, dict) else None

    async def fetch(self, name: str, folder: Path) -> Path | None:  # noqa: ARG002 - it lies where it is
        """Return where a file lies, None if it does not."""
        path = self.folder / name
        return path if path.is_file() else None
