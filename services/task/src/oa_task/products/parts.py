"""The parts of a product: GeoParquet files on disk, one for each layer, or one for each country and layer."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from oa_shared.job_kinds import JobKind
from oa_shared.json_types import JsonObject
from oa_shared.product_plans import ProductInput, ProductPlan
from oa_shared.products import Bounds
from oa_task.definition.task_entry import ATTRIBUTES
from oa_task.products.rows import RowBatch, read_input, read_rows
from oa_task.write.geoparquet import GeoParquetFile

_COUNTRY = re.compile(r"[a-z]{2}\Z")
NO_COUNTRY, EVERYWHERE = "other", "all"
PartKey = tuple[str, str]


def part_key(plan: ProductPlan, item: ProductInput) -> PartKey:
    """Return the part of a dataset: collections have one for each country, by the first two letters, or `other`."""
    if plan.kind is not JobKind.COLLECTION:
        return EVERYWHERE, item.layer
    first = item.source_name.partition("/")[0].lower()
    return first if _COUNTRY.match(first) else NO_COUNTRY, item.layer


def ordered_inputs(plan: ProductPlan) -> list[ProductInput]:
    """Return the inputs ordered by part, so that only one part is open at a time."""
    return sorted(plan.inputs, key=lambda item: (*part_key(plan, item), item.source_name, item.name, item.job))


@dataclass(frozen=True, slots=True)
class Part:
    """A file with rows of one layer, dataset by dataset; `types` are GeoParquet's names of geometry types."""

    path: Path
    key: PartKey
    count: int
    types: tuple[str, ...]
    bounds: Bounds | None

    @property
    def layer(self) -> str:
        """Return the layer of the rows."""
        return self.key[1]

    def rows(self) -> Iterator[RowBatch]:
        """Yield the rows in order."""
        return read_rows(self.path, self.layer)


class PartFile:
    """Writes a part."""

    def __init__(self, path: Path, key: PartKey) -> None:
        self._file = GeoParquetFile(path, ("source", "hash", *ATTRIBUTES[key[1]]))
        self._key = key
        self._count = 0

    def write(self, rows: RowBatch) -> None:
        """Append rows."""
        self._file.write(pa.Table.from_batches([rows.batch]), set(np.unique(rows.types).tolist()), rows.bounds)
        self._count += len(rows)

    def close(self) -> Part:
        """Finish the file and return the part."""
        self._file.close()
        sides = self._file.bounds
        bounds = None if sides is None else (float(sides[0]), float(sides[1]), float(sides[2]), float(sides[3]))
        return Part(self._file.path, self._key, self._count, self._file.types, bounds)


@dataclass(slots=True)
class PartCollector:
    """Writes datasets, in the order of `ordered_inputs`, to parts; only rows that touch the box.

    `on_rows` receives the number of rows so far.
    """

    plan: ProductPlan
    folder: Path
    on_rows: Callable[[int], None]
    parts: list[Part] = field(default_factory=list)
    inputs: list[JsonObject] = field(default_factory=list)
    count: int = 0
    _open: PartFile | None = None
    _key: PartKey | None = None

    def add(self, path: Path, item: ProductInput) -> None:
        """Append the rows of a dataset. Raises TaskFailure source.format."""
        part = self._part_for(part_key(self.plan, item))
        before = self.count
        for rows in read_input(path, item, self.plan.bbox):
            part.write(rows)
            self.count += len(rows)
            self.on_rows(self.count)
        named = {"source_name": item.source_name, "layer": item.layer, "name": item.name, "job": item.job}
        self.inputs.append({**named, "count": self.count - before})

    def close(self) -> list[Part]:
        """Finish the last part and return the parts with rows."""
        self._finish()
        return self.parts

    def _part_for(self, key: PartKey) -> PartFile:
        if self._open is None or self._key != key:
            self._finish()
            self._key, self._open = key, PartFile(self.folder / f"{key[0]}-{key[1]}.parquet", key)
        return self._open

    def _finish(self) -> None:
        if self._open is None:
            return
        part, self._open = self._open.close(), None
        if part.count:
            self.parts.append(part)


def bounds_of(parts: list[Part]) -> list[float] | None:
    """Return west, south, east, north of all parts, None without geometries."""
    known = np.array([part.bounds for part in parts if part.bounds is not None])
    if not len(known):
        return None
    return [*known[:, :2].min(axis=0).tolist(), *known[:, 2:].max(axis=0).tolist()]
