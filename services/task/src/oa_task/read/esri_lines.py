"""The file of an ArcGIS download, read while the download still writes it (docs/engine.md, "Downloads").

The first line is the header, each following line one feature as Esri JSON, and the last line the end marker with the
number of features.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

from oa_shared.json_types import JsonObject
from oa_task.runtime.failure import TaskFailure

END_MARKER = b'{"end":'
_CHUNK_BYTES = 1 << 20
_POLL_S = 0.02
_SILENCE_S = 3600.0


def follow_lines(
    path: Path, *, warn: Callable[[str], None] = lambda _text: None, silence_s: float = _SILENCE_S
) -> Iterator[bytes]:
    """Yield the lines before the end marker, waiting for lines that are not written yet.

    Passes the warnings of the download, which the end marker lists, to `warn`.
    Raises TaskFailure upstream.truncated if the writer exits or stays silent for `silence_s`, or if the number in the
    end marker differs from the number of features.
    """
    count = -1  # excludes the header
    for line in _lines(path, silence_s):
        if line.startswith(END_MARKER):
            _check_end(path, line, count, warn)
            return
        count += 1
        yield line


def _lines(path: Path, silence_s: float) -> Iterator[bytes]:
    writer, last_read_at, rest = os.getppid(), time.monotonic(), b""
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK_BYTES)
            if chunk:
                last_read_at = time.monotonic()
                *lines, rest = (rest + chunk).split(b"\n")
                yield from lines
                continue
            if os.getppid() != writer or time.monotonic() - last_read_at > silence_s:
                raise TaskFailure("upstream.truncated", f"{path.name} has no end marker and stopped growing")
            time.sleep(_POLL_S)


def _check_end(path: Path, line: bytes, count: int, warn: Callable[[str], None]) -> None:
    end: JsonObject = orjson.loads(line)
    announced, warnings = end["end"], end.get("warnings", [])
    if announced != count:
        raise TaskFailure("upstream.truncated", f"{path.name} has {count:,} of {announced:,} announced features")
    for text in warnings if isinstance(warnings, list) else []:
        warn(str(text))
