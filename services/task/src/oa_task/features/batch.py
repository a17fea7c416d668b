"""The contract between readers and conforming: features as columns of text and geometries, in batches."""

from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True, slots=True)
class Points:
    """Point geometries in EPSG:4326: float64 arrays of longitude and latitude, NaN in both where there is none."""

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, slots=True)
class Shapes:
    """Geometries in EPSG:4326: an object array of shapely geometries, None where there is none."""

    array: np.ndarray

    def __len__(self) -> int:
        return len(self.array)


Geometry = Points | Shapes


@dataclass(frozen=True, slots=True)
class FeatureBatch:
    """Consecutive features of the input.

    `first_row` is the 0-based input row of the first one. `columns` holds only pl.String columns, null where a
    feature lacks the value. `geometry` is as long as `columns` is high. `available` names every column of the data,
    those that were not read included. `rows` holds the input row of each feature where some were left out; None
    says that they follow each other from `first_row` on.
    """

    first_row: int
    columns: pl.DataFrame
    geometry: Geometry
    available: tuple[str, ...] = ()
    rows: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.geometry)


@dataclass(frozen=True, slots=True)
class Attributes:
    """The conformed attributes of a batch, in output order, `hash` not among them.

    `frame` holds only pl.String columns; null is written as JSON null. The columns named in `encoded` hold JSON text
    (a number, a boolean, quoted text); the others hold plain text.
    """

    frame: pl.DataFrame
    encoded: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return self.frame.height
