"""The parts of a source: what its addresses gave, unpacked."""

from collections.abc import Sequence
from pathlib import Path

from oa_task.conversion.unpacking import unpack
from oa_task.definition.source_entry import SourceEntry


def unpack_parts(raws: Sequence[Path], entry: SourceEntry, folder: Path) -> list[list[Path]]:
    """Return the files of each part. What an ArcGIS server sends comes as it is, and may still grow."""
    if entry.is_esri:
        return [[raw] for raw in raws]
    parts = []
    for place, raw in enumerate(raws):
        target = folder / str(place)
        target.mkdir(parents=True)
        parts.append(unpack(raw, entry.compression, target))
    return parts
