"""Columns of coordinates as text to points."""

import numpy as np
import polars as pl

from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Points
from oa_task.read.crs import Projection, lon_lat_points


def points(lon: pl.Series, lat: pl.Series, rows: np.ndarray, *, srs: Projection, bad_rows: BadRows) -> Points:
    """Return points; none where either cell is empty, none and a bad row where either is no number.

    `rows` are the input rows of the cells.
    """
    given = ((lon != "") & (lat != "")).to_numpy()
    x, y = _numbers(lon), _numbers(lat)
    unreadable = given & ~(np.isfinite(x) & np.isfinite(y))
    if unreadable.any():
        cells = pl.select(lon.filter(unreadable) + " " + lat.filter(unreadable)).to_series().head(5).to_list()
        bad_rows.note("unreadable coordinates", rows[unreadable], cells)
    nowhere = unreadable | ~given
    x[nowhere] = y[nowhere] = np.nan
    return lon_lat_points(x, y, rows, srs=srs, bad_rows=bad_rows)


def _numbers(cells: pl.Series) -> np.ndarray:
    """Return what Python's float() makes of each cell, with commas as decimal points; NaN where it refuses."""
    text = cells.str.replace_all(",", ".", literal=True)
    values = text.cast(pl.Float64, strict=False)
    left = (values.is_null() & (text != "")).arg_true()
    result = values.fill_null(np.nan).to_numpy().copy()
    result[left.to_numpy()] = [_number(cell) for cell in text.gather(left).to_list()]
    return result


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return np.nan
