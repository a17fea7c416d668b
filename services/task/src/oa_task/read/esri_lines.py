"""The file of an ArcGIS download, read while it is still being written (docs/engine.md, "Downloads").

The first line is the header, each further one a feature of Esri JSON, the last one the end marker with their number.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from oa_task.runtime.failure import TaskFailure

END_MARKER = b'{"end":'
_CHUNK_BYTES = 1 << 20
_POLL_S = 0.02
_SILENCE_S = 3600.0


def follow_lines(path: Path, *, silence_s: float = _SILENCE_S) -> Iterator[bytes]:
    """Yield the lines before the end marker, waiting for those to come.

    Raises TaskFailure upstream.truncated when the writer is gone or silent, or when lines are missing at the end.
    """
    count = -1  # the header is not counted
    for line in _lines(path, silence_s):
        if line.startswith(END_MARKER):
            _check_count(path, line, count)
            return
        count += 1
        yield line


def _lines(path: Path, silence_s: float) -> Iterator[bytes]:
    writer, heard_at, rest = os.getppid(), time.monotonic(), b""
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK_BYTES)
            if chunk:
                heard_at = time.monotonic()
                *whole, rest = (rest + chunk).split(b"\n")
                yield from whole
                continue
            if os.getppid() != writer or time.monotonic() - heard_at > silence_s:
                raise TaskFailure("upstream.truncated", f"{path.name} has no end marker and grows no more")
            time.sleep(_POLL_S)


def _check_count(path: Path, line: bytes, count: int) -> None:
    end: dict[str, Any] = orjson.loads(line)
    if end["end"] != count:
        raise TaskFailure("upstream.truncated", f"{path.name} announces {end['end']:,} features and has {count:,}")
