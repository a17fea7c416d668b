"""Whether downloads have the bytes of an earlier result."""

from collections.abc import Mapping, Sequence

from oa_shared.json_types import JsonMapping
from oa_task.download.downloaded_file import DownloadedFile


class UnchangedInputError(Exception):
    """All parts of the data have the bytes of the earlier result, whose files stay."""


def recorded_parts(manifest: JsonMapping) -> list[JsonMapping]:
    """Return what a manifest states about each part of the data; none if it states nothing."""
    raw: object = manifest.get("raw")
    parts: object = raw.get("parts", [raw]) if isinstance(raw, Mapping) else []
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []


def is_same_input(raws: Sequence[DownloadedFile], manifest: JsonMapping) -> bool:
    """Return whether downloads have the same bytes, part by part, as those of a manifest."""
    recorded = [part.get("sha256") for part in recorded_parts(manifest)]
    return bool(recorded) and [raw.sha256 for raw in raws] == recorded
