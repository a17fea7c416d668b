"""Counts of the features that pass: how many, where, which attributes are filled, how many are valid."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from oa_shared.json_types import JsonObject
from oa_task.features.batch import Attributes, Geometry
from oa_task.features.geometry import bounds, is_missing
from oa_task.features.validation import ValidationCounts, ValidationResult
from oa_task.placement.sample import PlaceSample

_EMPTY = {False: "", True: '""'}


@dataclass(slots=True)
class ConversionStats:
    """Counts over all features: `bounds` is west, south, east, north; `fields` counts filled values by attribute.

    `places` is a sample of the places of features.
    """

    count: int = 0
    without_geometry: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    bounds: list[float] | None = None
    validation: ValidationCounts = field(default_factory=ValidationCounts)
    places: PlaceSample = field(default_factory=PlaceSample)

    def add(self, attributes: Attributes, geometry: Geometry, validation: ValidationResult) -> None:
        """Count a batch whose geometry is rounded."""
        self.count += len(attributes)
        for name in attributes.frame.columns:
            filled = _count_filled(attributes.frame[name], _EMPTY[name in attributes.encoded])
            self.fields[name] = self.fields.get(name, 0) + filled
        missing = is_missing(geometry)
        self.without_geometry += int(missing.sum())
        boxes = bounds(geometry)[~missing]
        self._extend_bounds(boxes)
        self.places.add(boxes)
        self.places.add_missing(int(missing.sum()))
        self.validation.add(validation)

    def report(self) -> JsonObject:
        """Return the counts for `stats.json`."""
        return {
            "count": self.count,
            "valid": self.validation.valid,
            "without_geometry": self.without_geometry,
            "bounds": self.bounds,
            "fields": self.fields,
            "invalid": self.validation.failures,
        }

    def _extend_bounds(self, boxes: np.ndarray) -> None:
        """Extend the bounds by the boxes of some features, shape (n, 4): west, south, east, north."""
        boxes = boxes[~np.isnan(boxes).any(axis=1)]
        if not len(boxes):
            return
        known = [np.array([self.bounds])] if self.bounds else []
        everything = np.vstack([boxes, *known])
        self.bounds = [*everything[:, :2].min(axis=0).tolist(), *everything[:, 2:].max(axis=0).tolist()]


def _count_filled(column: pl.Series, empty: str) -> int:
    return int((column != empty).sum() or 0)
