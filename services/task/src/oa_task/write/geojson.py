"""Line-delimited GeoJSON, gzipped, in input order."""

import hashlib
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from isal import igzip_threaded

from oa_task.features import Attributes

_HASH_DIGITS = 16


def content_hash(properties: dict[str, Any], geometry: Any) -> str:
    """Return 16 hex digits over the output properties and the rounded geometry, and nothing else."""
    text = json.dumps([properties, geometry], separators=(",", ":"))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:_HASH_DIGITS]


class FeatureFile:
    """Writes features as they come; memory does not grow with them."""

    def __init__(self, path: Path) -> None:
        self._file = igzip_threaded.open(path, "wb", compresslevel=2, threads=1)  # type: ignore[no-untyped-call]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._file.close()

    def write(self, attributes: Attributes, geometries: list[Any]) -> None:
        """Append a batch of columns."""
        names = attributes.frame.columns
        columns = [_values(attributes, name) for name in names]
        lines = []
        for values, geometry in zip(zip(*columns, strict=True), geometries, strict=True):
            properties = dict(zip(names, values, strict=True))
            properties = {"hash": content_hash(properties, geometry), **properties}
            lines.append(json.dumps({"type": "Feature", "properties": properties, "geometry": geometry}))
        if lines:
            self._file.write(("\n".join(lines) + "\n").encode())


def _values(attributes: Attributes, name: str) -> list[Any]:
    texts = attributes.frame[name].to_list()
    if name not in attributes.encoded:
        return texts
    return [None if text is None else json.loads(text) for text in texts]
