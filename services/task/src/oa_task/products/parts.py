"""What a product is written from: GeoParquet files on disk, one for each layer, or for each country and layer."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from oa_task.definition.source_entry import ATTRIBUTES
from oa_task.products.plan import ProductInput, ProductPlan
from oa_task.products.rows import RowBatch, Sides, read_input, read_rows
from oa_task.write.geoparquet import GeoParquetFile

_COUNTRY = re.compile(r"[a-z]{2}\Z")
NO_COUNTRY, EVERYWHERE = "other", "all"
PartKey = tuple[str, str]


def part_key(plan: ProductPlan, about: ProductInput) -> PartKey:
    """Return which part a dataset goes into: in collections its country (two letters, else `other`) has its own."""
    if plan.kind != "collection":
        return EVERYWHERE, about.layer
    first = about.source_name.partition("/")[0].lower()
    return first if _COUNTRY.match(first) else NO_COUNTRY, about.layer


def ordered_inputs(plan: ProductPlan) -> list[ProductInput]:
    """Return the inputs part by part, so that no more than one part is open at a time."""
    return sorted(plan.inputs, key=lambda about: (*part_key(plan, about), about.source_name, about.name, about.job))


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one layer in a file, dataset after dataset; `types` are the names of GeoParquet's geometry types."""

    path: Path
    key: PartKey
    count: int
    types: tuple[str, ...]
    bounds: Sides | None

    @property
    def layer(self) -> str:
        """Return the layer of the rows."""
        return self.key[1]

    def rows(self) -> Iterator[RowBatch]:
        """Yield the rows in order."""
        return read_rows(self.path, self.layer)


class PartFile:
    """A part that is being written."""

    def __init__(self, path: Path, key: PartKey) -> None:
        self._file = GeoParquetFile(path, ("source", "hash", *ATTRIBUTES[key[1]]))
        self._key = key
        self._count = 0

    def write(self, rows: RowBatch) -> None:
        """Append rows."""
        self._file.write(pa.Table.from_batches([rows.batch]), set(np.unique(rows.types).tolist()), rows.bounds)
        self._count += len(rows)

    def close(self) -> Part:
        """Finish the file and return what it holds."""
        self._file.close()
        found = self._file.bounds
        bounds = None if found is None else (float(found[0]), float(found[1]), float(found[2]), float(found[3]))
        return Part(self._file.path, self._key, self._count, self._file.types, bounds)


@dataclass(slots=True)
class PartCollector:
    """Takes datasets one after another, in the order of `in_order`, and puts the rows in the box into parts."""

    plan: ProductPlan
    folder: Path
    told: Callable[[int], None]
    parts: list[Part] = field(default_factory=list)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    _open: PartFile | None = None
    _key: PartKey | None = None

    def add(self, path: Path, about: ProductInput) -> None:
        """Append the rows of one dataset. Raises TaskFailure source.format."""
        part = self._part_for(part_key(self.plan, about))
        before = self.count
        for rows in read_input(path, about, self.plan.bbox):
            part.write(rows)
            self.count += len(rows)
            self.told(self.count)
        taken = self.count - before
        named = {"source_name": about.source_name, "layer": about.layer, "name": about.name, "job": about.job}
        self.inputs.append({**named, "count": taken})

    def close(self) -> list[Part]:
        """Finish the last part and return those that hold rows."""
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
    """Return west, south, east, north of all parts together."""
    known = np.array([part.bounds for part in parts if part.bounds is not None])
    if not len(known):
        return None
    return [*known[:, :2].min(axis=0).tolist(), *known[:, 2:].max(axis=0).tolist()]
