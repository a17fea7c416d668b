"""The features of one complete pass over a layer, kept apart until the pass proves to be complete."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, assert_never

import orjson

from oa_shared.json_types import JsonObject
from oa_task.download.esri.client import EsriRequestError
from oa_task.download.esri.feature_lines import PageCrs, check_ids, feature_line
from oa_task.download.esri.page import EsriPage
from oa_task.download.esri.page_ranges import Overlap
from oa_task.download.esri.seen_ids import SeenIds
from oa_task.runtime.failure import TaskFailure


class FeatureSpool:
    """Lines of features in a temporary file, which leaving the block deletes.

    With `has_ids` the object ID identifies a feature. Without, its content does, by the way in which responses of the
    paging strategy overlap. One response never repeats a feature, so equal lines in one response are different
    features; equal lines in two responses may be one feature, and are an error where responses should not overlap.
    """

    def __init__(self, path: Path, *, overlap: Overlap, has_ids: bool, most_bytes: int) -> None:
        self.path = path
        self.count = 0
        self.repeats = 0
        self.crs = PageCrs()
        self._overlap = overlap
        self._has_ids = has_ids
        self._most_bytes = most_bytes
        self._size_bytes = 0
        self._seen_ids = SeenIds()
        self._copies: Counter[bytes] = Counter()
        self._file = path.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)

    def write(self, page: EsriPage) -> int:
        """Add the features of a page that are new, and return their number.

        Raises RepeatedIdsError if object IDs prove not unique, EsriRequestError if a server repeats features without
        unique IDs, TaskFailure source.format for a change of CRS, source.too_large.
        """
        if not page.features:
            return 0
        self.crs.check(page)
        lines = self._new_by_id(page) if self._has_ids else self._new_by_content(page)
        self.repeats += len(page.features) - len(lines)
        self._size_bytes += sum(map(len, lines))
        if self._size_bytes > self._most_bytes:
            raise TaskFailure("source.too_large", f"the layer exceeds the limit of {self._most_bytes:,} bytes")
        self._file.writelines(lines)
        self.count += len(lines)
        return len(lines)

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of all features."""
        self._file.flush()
        with self.path.open("rb") as file:
            yield from file

    def _new_by_id(self, page: EsriPage) -> list[bytes]:
        check_ids(page)
        pairs = zip(page.features, page.ids, strict=True)
        return [feature_line(feature) for feature, identifier in pairs if self._seen_ids.add(identifier)]

    def _new_by_content(self, page: EsriPage) -> list[bytes]:
        lines = [feature_line(feature) for feature in page.features]
        match self._overlap:
            case Overlap.NONE:
                return lines
            case Overlap.BY_MISTAKE:
                digests = set(map(content_digest, lines))
                if any(digest in self._copies for digest in digests):
                    raise EsriRequestError("the server repeats features on another page, and they have no unique IDs")
                self._copies.update(digests)
                return lines
            case Overlap.AT_EDGES:
                return self._new_copies(lines)
            case _:
                assert_never(self._overlap)

    def _new_copies(self, lines: list[bytes]) -> list[bytes]:
        """Return the lines that this response repeats more often than any earlier one."""
        here: Counter[bytes] = Counter()
        new = []
        for line in lines:
            digest = content_digest(line)
            here[digest] += 1
            if here[digest] > self._copies[digest]:
                self._copies[digest] = here[digest]
                new.append(line)
        return new


def content_digest(line: bytes, columns: frozenset[str] | None = None) -> bytes:
    """Return a digest of a feature's geometry and attributes, all or those in `columns`, whatever their order."""
    feature: JsonObject = orjson.loads(line)
    attributes = feature.get("attributes")
    if columns is not None and isinstance(attributes, dict):
        feature["attributes"] = {name: value for name, value in attributes.items() if name in columns}
    return hashlib.blake2b(orjson.dumps(feature, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
