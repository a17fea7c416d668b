"""What is counted while features pass: how many, where, which attributes are filled, how many are valid."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from oa_task.features.batch import Attributes, Geometry
from oa_task.features.geometry import bounds, is_missing
from oa_task.features.validation import ValidationCounts, ValidationResult

_EMPTY = {False: "", True: '""'}


@dataclass(slots=True)
class ConversionStats:
    """Counts of one output."""

    count: int = 0
    without_geometry: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    bounds: list[float] | None = None
    validation: ValidationCounts = field(default_factory=ValidationCounts)

    def add(self, attributes: Attributes, geometry: Geometry, verdict: ValidationResult) -> None:
        """Count a batch whose geometry is rounded."""
        self.count += len(attributes)
        for name in attributes.frame.columns:
            filled = _filled(attributes.frame[name], _EMPTY[name in attributes.encoded])
            self.fields[name] = self.fields.get(name, 0) + filled
        missing = is_missing(geometry)
        self.without_geometry += int(missing.sum())
        self._extend(bounds(geometry)[~missing])
        self.validation.add(verdict)

    def report(self) -> dict[str, Any]:
        """Return the counts as JSON holds them."""
        return {
            "count": self.count,
            "valid": self.validation.valid,
            "without_geometry": self.without_geometry,
            "bounds": self.bounds,
            "fields": self.fields,
            "invalid": self.validation.failures,
        }

    def _extend(self, found: np.ndarray) -> None:
        """Widen the bounds by those of some features: west, south, east, north."""
        found = found[~np.isnan(found).any(axis=1)]
        if not len(found):
            return
        known = [np.array([self.bounds])] if self.bounds else []
        everything = np.vstack([found, *known])
        self.bounds = [*everything[:, :2].min(axis=0).tolist(), *everything[:, 2:].max(axis=0).tolist()]


def _filled(column: pl.Series, empty: str) -> int:
    return int((column != empty).sum() or 0)
