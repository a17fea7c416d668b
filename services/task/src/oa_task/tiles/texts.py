"""A column of attribute values on disk, read as one Arrow array without loading it.

A value is its text. A value that is not plain text is a NUL character and JSON: a number, a boolean, null. Plain text
that starts with NUL is JSON too, so that no text is taken for a number.
"""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from oa_task.write.contiguous import contiguous

JSON_MARK = "\0"
NO_VALUE = JSON_MARK + "null"
_TYPES = {'"': "String", "[": "String", "{": "String", "t": "Boolean", "f": "Boolean", "n": ""}
_MOST_LETTERS = 1_000


def marked_values(column: pl.Series, *, is_encoded: bool) -> pl.Series:
    """Return a column of attributes as described above, without nulls, each value of at most 1,000 letters."""
    if is_encoded:
        different = column.unique()
        marked = pl.Series([_marked_json(text) for text in different.to_list()], dtype=pl.String)
        column = column.replace_strict(different, marked)
    elif column.str.starts_with(JSON_MARK).any():
        column = pl.Series([_marked_text(text) for text in column.to_list()], dtype=pl.String)
    if (column.str.len_bytes().max() or 0) > _MOST_LETTERS:  # type: ignore[operator] # the maximum of numbers
        long = column.str.len_chars() > _MOST_LETTERS
        cut = column.str.slice(0, _MOST_LETTERS - 1) + "…"
        column = cut.zip_with(long & ~column.str.starts_with(JSON_MARK), column)
    return column.fill_null(NO_VALUE)


def _marked_json(text: str | None) -> str | None:
    """Return a value of JSON text; a number or a list of more than 1,000 letters is text."""
    if text is None or not text:
        return text
    if text.startswith('"'):
        return _marked_text(json.loads(text))
    return JSON_MARK + text if len(text) <= _MOST_LETTERS else _shorten(text)


def _marked_text(text: str | None) -> str | None:
    return JSON_MARK + json.dumps(_shorten(text)) if text is not None and text.startswith(JSON_MARK) else text


def _shorten(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 1] + "…"


def value_types(column: pl.Series) -> set[str]:
    """Return the types of `marked_values` as the metadata of tiles name them, without nulls."""
    firsts = column.str.slice(0, 2).unique().to_list()
    return {_TYPES.get(first[1:], "Number") if first.startswith(JSON_MARK) else "String" for first in firsts} - {""}


class TextSpool:
    """Writes a column of `marked_values`, and reads it when it is complete."""

    def __init__(self, folder: Path, name: str) -> None:
        self._data = folder / f"{name}.text"
        self._offsets = folder / f"{name}.offsets"
        self._files = self._data.open("wb"), self._offsets.open("wb")
        self._files[1].write(np.zeros(1, dtype=np.int64).tobytes())
        self._size = 0

    def write(self, column: pl.Series) -> None:
        """Append values."""
        if not len(column):
            return
        offsets, data = contiguous(column)
        self._files[0].write(memoryview(data)[offsets[0] : offsets[-1]])
        self._files[1].write((offsets[1:] - offsets[0] + self._size).tobytes())
        self._size += int(offsets[-1] - offsets[0])

    def close(self) -> None:
        """Finish writing."""
        for file in self._files:
            file.close()

    def read(self) -> pa.Array:
        """Return all values as large_binary, whose bytes and offsets stay on disk."""
        offsets = np.memmap(self._offsets, dtype=np.int64, mode="r")
        data = np.memmap(self._data, dtype=np.uint8, mode="r") if self._size else np.empty(0, dtype=np.uint8)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
        return pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
