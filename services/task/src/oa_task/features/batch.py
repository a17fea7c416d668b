"""Batches of features: the contract between the readers, the conform and the writers."""

from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True, slots=True)
class Points:
    """Point geometries in EPSG:4326: float64 arrays of longitude and latitude, NaN in both for a missing geometry.

    `from_origin` is the mask of the points that were at exactly 0, 0 in another system, None if there are none.
    """

    x: np.ndarray
    y: np.ndarray
    from_origin: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.x)

    def head(self, height: int) -> "Points":
        """Return the first `height` points."""
        from_origin = None if self.from_origin is None else self.from_origin[:height]
        return Points(self.x[:height], self.y[:height], from_origin)


@dataclass(frozen=True, slots=True)
class Shapes:
    """Geometries in EPSG:4326: an object array of shapely geometries, None for a missing geometry.

    Output geometries have in `mirror` for each vertex the index of the one that the data has in its place, None if the
    data has every ring in the direction of the outputs.
    """

    array: np.ndarray
    mirror: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.array)


Geometry = Points | Shapes


@dataclass(frozen=True, slots=True)
class FeatureBatch:
    """Consecutive features of the input.

    `first_row` is the 0-based input row of the first feature. `columns` has only pl.String columns, null where a
    feature lacks the value. `geometry` has one item for each row of `columns`. `available` names every column of the
    data, including those that were not read. `rows` has the input row of each feature if some rows were left out;
    None means consecutive rows from `first_row` on. `real_columns` names the columns of numbers with decimals, whose
    whole numbers are the text `12.0`.
    """

    first_row: int
    columns: pl.DataFrame
    geometry: Geometry
    available: tuple[str, ...] = ()
    rows: np.ndarray | None = None
    real_columns: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.geometry)

    @property
    def column_names(self) -> frozenset[str]:
        """Return the names of all columns of the data, read or not."""
        return frozenset((*self.available, *self.columns.columns))


@dataclass(frozen=True, slots=True)
class Attributes:
    """The conformed attributes of a batch in output order, without `hash`.

    `frame` has only pl.String columns; null is written as JSON null. The columns named in `encoded` hold JSON text
    (a number, a boolean, quoted text); the others hold plain text.
    """

    frame: pl.DataFrame
    encoded: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return self.frame.height
