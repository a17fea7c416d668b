"""A column of text as one run of bytes, as Arrow lays it out."""

from typing import Any

import numpy as np
import polars as pl


def contiguous(column: pl.Series) -> tuple[np.ndarray, Any]:
    """Return the offsets of the texts (one more than there are texts) and the buffer that holds them all."""
    array = column.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    return np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1], data
