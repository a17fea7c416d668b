"""Completion of the file that a reader follows with the features of a complete pass."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

import orjson

from oa_task.download.esri.feature_lines import EsriLinesFile
from oa_task.download.esri.feature_spool import FeatureSpool, content_digest
from oa_task.runtime.failure import TaskFailure


def append_missing(lines: EsriLinesFile, spool: FeatureSpool, url: str) -> None:
    """Append the features of a complete pass that the file lacks.

    Raises TaskFailure upstream.truncated if the file has a feature that the pass lacks: nothing can be taken back.
    """
    if not lines.count:
        lines.append(spool.lines(), spool.crs.name)
        return
    columns = frozenset[str]().union(*(_columns(line) for line in islice(lines.feature_lines(), 1)))
    written = Counter(content_digest(line, columns) for line in lines.feature_lines())
    lines.append(_without(spool.lines(), written, columns), spool.crs.name)
    if written.total():
        raise TaskFailure(
            "upstream.truncated",
            f"{url} sent other features in the second pass than in the first, under the same IDs: the layer changes, "
            "or its object IDs do",
        )


def _columns(line: bytes) -> frozenset[str]:
    attributes = orjson.loads(line).get("attributes")
    return frozenset(attributes) if isinstance(attributes, dict) else frozenset()


def _without(lines: Iterable[bytes], written: Counter[bytes], columns: frozenset[str]) -> Iterator[bytes]:
    """Yield the lines except as many of each content as are written; reduces the counts of `written`."""
    for line in lines:
        digest = content_digest(line, columns)
        if written[digest]:
            written[digest] -= 1
        else:
            yield line
