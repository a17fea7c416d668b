"""An earlier result of the same entry: its manifest, its cache, its features."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from oa_shared.json_types import JsonMapping
from oa_task.results.files import MANIFEST_FILE


class PreviousResult(Protocol):
    """The files of an earlier job; only its manifest is known without a fetch."""

    @property
    def manifest(self) -> JsonMapping:
        """Return the manifest of the earlier job."""

    async def fetch(self, name: str, folder: Path) -> Path | None:
        """Return the path of a file, downloaded into `folder` if necessary; None if it is not available."""


@dataclass(frozen=True, slots=True)
class PreviousFolder:
    """An earlier output folder on this machine."""

    folder: Path
    manifest: JsonMapping

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return a folder with its manifest, None if the folder has no readable manifest."""
        try:
            manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return cls(folder, manifest) if isinstance(manifest, dict) else None

    async def fetch(self, name: str, folder: Path) -> Path | None:  # noqa: ARG002 - the file needs no copy
        """Return the path of a file, None if it does not exist."""
        path = self.folder / name
        return path if path.is_file() else None
