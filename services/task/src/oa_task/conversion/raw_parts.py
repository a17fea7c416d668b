"""The parts of a source: the unpacked files of each of its URLs."""

from collections.abc import Callable, Sequence
from pathlib import Path

from oa_task.conversion.archive_members import NameHints
from oa_task.conversion.unpacking import unpack
from oa_task.definition.task_entry import TaskEntry


def unpack_parts(
    raws: Sequence[Path], entry: TaskEntry, folder: Path, warn: Callable[[str], None] = lambda _text: None
) -> list[list[Path]]:
    """Return the files of each part. Data of an ArcGIS server is not packed, and its file may still grow."""
    if entry.is_esri:
        return [[raw] for raw in raws]
    encoding, file = entry.conform.get("encoding"), entry.conform.get("file")
    hints = NameHints(str(encoding) if encoding else None, str(file) if file else None)
    parts = []
    for index, raw in enumerate(raws):
        target = folder / str(index)
        target.mkdir(parents=True)
        parts.append(unpack(raw, entry.compression, target, hints=hints, warn=warn))
    return parts
