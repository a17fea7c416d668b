"""Cells with bytes that are not text in the encoding of their file: bad rows, without their value."""

import re

import numpy as np
import polars as pl

from oa_task.features.bad_rows import BadRows
from oa_task.read.encoding import FIRST_MARK, TextFile, encodings_of

MARK = f"[{chr(FIRST_MARK)}-{chr(FIRST_MARK + 255)}]"
_MARKS = re.compile(MARK)
_EXAMPLES = 5
_SHOWN = 40


class UndecodableCells:
    """Clears and counts the unreadable cells of the columns that rules read, for one file."""

    def __init__(self, file: TextFile, bad_rows: BadRows) -> None:
        self._file = file
        self._bad_rows = bad_rows
        self._count = 0
        self._advice = ""

    def clear(self, frame: pl.DataFrame, rows: np.ndarray) -> pl.DataFrame:
        """Return the columns with "" in place of unreadable cells; count each row of `rows` that has one."""
        if not self._file.problem:
            return frame
        masks = {name: frame[name].str.contains(MARK).fill_null(value=False) for name in frame.columns}
        masks = {name: mask for name, mask in masks.items() if mask.any()}
        if not masks:
            return frame
        is_bad = np.logical_or.reduce([mask.to_numpy() for mask in masks.values()])
        self._count += int(is_bad.sum())
        examples = [self._example(frame, masks, index) for index in np.flatnonzero(is_bad)[:_EXAMPLES].tolist()]
        self._bad_rows.note(f"text that is not {self._file.codec}", rows[is_bad], examples, code="source.encoding")
        cleared = [pl.when(~mask).then(pl.col(name)).otherwise(pl.lit("")).alias(name) for name, mask in masks.items()]
        return frame.with_columns(cleared)

    def warn(self) -> None:
        """Add a warning to the report if there were such cells: the data may have two encodings."""
        if self._count:
            rows = "1 row has" if self._count == 1 else f"{self._count:,} rows have"
            text = f"{rows} text that is not {self._file.codec}, left empty: {self._file.problem}"
            self._bad_rows.warn(f"{text}{self._advice}")

    def _example(self, frame: pl.DataFrame, masks: dict[str, pl.Series], index: int) -> str:
        name = next(name for name, mask in masks.items() if mask[index])
        text = str(frame[name][index])
        raw = raw_bytes(text, self._file.codec)
        fitting = encodings_of(raw, without=self._file.codec)
        advice = f"; the text is valid {fitting}; set `conform.encoding`" if fitting else ""
        self._advice = self._advice or advice
        return f"{name[:_SHOWN]}: {without_marks(text[:_SHOWN])} ({self._file.problem}{advice})"


def raw_bytes(text: str, codec: str) -> bytes:
    """Return the bytes of text that was decoded by a codec; a mark becomes its byte."""
    return b"".join(
        bytes([ord(part) - FIRST_MARK]) if _MARKS.fullmatch(part) else part.encode(codec, "replace")
        for part in re.split(f"({MARK})", text)
    )


def without_marks(text: str) -> str:
    """Return text with U+FFFD in place of each mark."""
    return _MARKS.sub("\ufffd", text)
