"""The contract between readers and conforming: features as columns of text and geometries, in batches."""

from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True, slots=True)
class Points:
    """Point geometries in EPSG:4326: float64 arrays of longitude and latitude, NaN in both for a missing one."""

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, slots=True)
class Shapes:
    """Geometries in EPSG:4326: an object array of shapely geometries, None for a missing one."""

    array: np.ndarray

    def __len__(self) -> int:
        return len(self.array)


Geometry = Points | Shapes


@dataclass(frozen=True, slots=True)
class FeatureBatch:
    """Consecutive features of the input.

    `first_row` is the 0-based input row of the first one. `columns` has only pl.String columns, null for a value that
    a feature lacks. `geometry` is as long as `columns` is high. `available` names every column of the data, including
    columns that were not read. `rows` holds the input row of each feature if some rows were left out; None means that
    the rows are consecutive from `first_row` on.
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
    """The conformed attributes of a batch, in output order, without `hash`.

    `frame` has only pl.String columns; null becomes JSON null. The columns named in `encoded` contain JSON text (a
    number, a boolean, quoted text), the others plain text.
    """

    frame: pl.DataFrame
    encoded: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return self.frame.height
