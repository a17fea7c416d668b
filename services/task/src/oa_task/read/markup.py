"""Detection of truncated XML, which GDAL reads up to its end without an error."""

import re
from pathlib import Path

from oa_task.runtime.failure import TaskFailure

_ENDS_BYTES = 16 * 1024
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)")

_TRUNCATED_RESPONSE = re.compile(rb"<(?:[\w.-]+:)?truncatedResponse\b")


def refuse_truncated_xml(path: Path) -> None:
    """Raise TaskFailure if the root element is not closed at the end of a file, or the server reports that it failed.

    source.format for the former, upstream.truncated for the latter: `truncatedResponse` of WFS 2.0.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        root = _ROOT.search(file.read(_ENDS_BYTES))
        file.seek(max(size - _ENDS_BYTES, 0))
        tail = file.read()
    if root and b"</" + root[1] not in tail and not tail.rstrip().endswith(b"/>"):
        name = root[1].decode("latin-1")
        text = f"{path.name} ends at byte {size:,} before its element {name} is closed: the download may be truncated"
        raise TaskFailure("source.format", text)
    if _TRUNCATED_RESPONSE.search(tail):
        text = f"{path.name} ends with truncatedResponse: the server failed while it sent the features"
        raise TaskFailure("upstream.truncated", text)
