"""What is counted while features pass: how many, where, and how many have each attribute."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from oa_task.features import Attributes, FeatureBatch, Points

_BOUNDS_DECIMALS = 7
_EMPTY = ("", '""')


@dataclass(slots=True)
class Stats:
    """Counts of one output."""

    count: int = 0
    without_geometry: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    bounds: list[float] | None = None

    def add(self, attributes: Attributes, batch: FeatureBatch) -> None:
        """Count a batch."""
        self.count += len(batch)
        for values in attributes.frame:
            filled = int((~values.is_in(_EMPTY)).sum())
            self.fields[values.name] = self.fields.get(values.name, 0) + filled
        self._extend(_bounds(batch))
        self.without_geometry += _without_geometry(batch)

    def report(self) -> dict[str, Any]:
        """Return the counts as JSON holds them."""
        return {
            "count": self.count,
            "without_geometry": self.without_geometry,
            "bounds": self.bounds,
            "fields": self.fields,
        }

    def _extend(self, found: list[float]) -> None:
        if any(math.isnan(value) for value in found):
            return
        old = self.bounds or found
        pairs = list(zip(old, found, strict=True))
        self.bounds = [min(pairs[0]), min(pairs[1]), max(pairs[2]), max(pairs[3])]


def _bounds(batch: FeatureBatch) -> list[float]:
    if isinstance(batch.geometry, Points):
        x, y = (values[~np.isnan(values)] for values in (batch.geometry.x, batch.geometry.y))
        if not len(x):
            return [math.nan] * 4
        found = [x.min(), y.min(), x.max(), y.max()]
    else:
        found = list(shapely.total_bounds(batch.geometry.array))
    return [round(float(value), _BOUNDS_DECIMALS) for value in found]


def _without_geometry(batch: FeatureBatch) -> int:
    if isinstance(batch.geometry, Points):
        return int(np.isnan(batch.geometry.x).sum())
    return int(shapely.is_missing(batch.geometry.array).sum())
