"""The version of a layer, and the stored copy of the same version."""

import hashlib
import json
from collections.abc import Collection
from pathlib import Path

import structlog

from oa_task.download.attempts import TransientError
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.download.esri.dialect import out_fields
from oa_task.download.esri.layer import Layer
from oa_task.download.previous_download import PreviousDownload

log = structlog.get_logger()


async def restore_edition(
    stored: PreviousDownload | None, mark: str | None, url: str, path: Path
) -> DownloadedFile | None:
    """Copy the stored file if it has this URL and version; return None if it has not, or is unusable."""
    if stored is None or mark is None or (stored.url, stored.etag) != (url, mark):
        return None
    try:
        return await stored.restore(path.parent, path.name)
    except TransientError as error:
        log.warning("stored_copy_unusable", error=error.failure.message)
        return None


def edition(layer: Layer, count: int | None, columns: Collection[str]) -> str | None:
    """Return a version of the layer for the same query, None if the layer does not report its last edit."""
    if layer.edited_at is None or count is None:
        return None
    asked = json.dumps([out_fields(layer, columns), layer.fields, layer.field_types])
    query = hashlib.sha256(asked.encode()).hexdigest()[:16]
    return f'W/"{layer.edited_at}-{count}-{query}"'
