"""The columns that a layer of a GDAL format lists, also without any row."""

from collections.abc import Sequence
from pathlib import Path

from oa_shared.json_types import JsonMapping
from oa_task.features.bad_rows import BadRows
from oa_task.read.file_selection import choose_file
from oa_task.read.gdal import UNREADABLE, pyogrio
from oa_task.runtime.failure import TaskFailure


def list_layer_columns(files: Sequence[Path], conform: JsonMapping) -> list[str]:
    """Return the columns of the layer that `conform` selects, else of the first; none if GDAL cannot open it."""
    layer = conform.get("layer")
    try:
        path = choose_file(list(files), dict(conform), BadRows().warn)
        info = pyogrio.read_info(path, layer=layer if isinstance(layer, str) else None)
    except (TaskFailure, *UNREADABLE):
        return []
    return [str(name) for name in info["fields"]]
