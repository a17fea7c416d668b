"""Points from text columns of coordinates."""

import numpy as np
import polars as pl

from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Points
from oa_task.read.crs import Projection, lon_lat_points


def points(lon: pl.Series, lat: pl.Series, rows: np.ndarray, *, srs: Projection, bad_rows: BadRows) -> Points:
    """Return one point for each row: NaN where a cell is empty, NaN and a bad row where a cell is not a finite number.

    `rows` holds the input row of each cell.
    """
    is_filled = ((lon != "") & (lat != "")).to_numpy()
    x, y = _numbers(lon), _numbers(lat)
    unreadable = is_filled & ~(np.isfinite(x) & np.isfinite(y))
    if unreadable.any():
        cells = pl.select(lon.filter(unreadable) + " " + lat.filter(unreadable)).to_series().head(5).to_list()
        bad_rows.note("unreadable coordinates", rows[unreadable], cells)
    is_missing = unreadable | ~is_filled
    x[is_missing] = y[is_missing] = np.nan
    return lon_lat_points(x, y, rows, srs=srs, bad_rows=bad_rows)


def _numbers(cells: pl.Series) -> np.ndarray:
    """Return Python's float() of each cell, with commas read as decimal points; NaN where float() raises ValueError."""
    text = cells.str.replace_all(",", ".", literal=True)
    values = text.cast(pl.Float64, strict=False)
    unparsed = (values.is_null() & (text != "")).arg_true()
    result = values.fill_null(np.nan).to_numpy().copy()
    result[unparsed.to_numpy()] = [_number(cell) for cell in text.gather(unparsed).to_list()]
    return result


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return np.nan
