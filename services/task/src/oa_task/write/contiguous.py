"""A column of text as one buffer of bytes, in Arrow's layout."""

import numpy as np
import polars as pl
import pyarrow as pa


def contiguous(column: pl.Series) -> tuple[np.ndarray, pa.Buffer]:
    """Return the offsets of the texts (one more than there are texts) and the buffer with all of them."""
    array = column.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    return np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1], data
