"""`validated.geojson.gz`: the valid features, with normalized house numbers and the hashes of the source."""

from pathlib import Path

import numpy as np
import polars as pl

from oa_task.features.batch import Attributes
from oa_task.features.validation import ValidationResult
from oa_task.write.gzip import GzipTextFile
from oa_task.write.lines import OutputBatch, line_text, tail_text


class ValidatedFile:
    """Writes the lines of valid features; it formats only lines with a changed number again."""

    def __init__(self, path: Path) -> None:
        self._file = GzipTextFile(path)
        self.close = self._file.close
        self.abandon = self._file.abandon

    def write(self, batch: OutputBatch, validation: ValidationResult) -> None:
        """Append the valid features of a batch."""
        is_valid = validation.is_valid
        lines = batch.lines
        if validation.numbers is not None:
            lines = _renumber(batch, validation.numbers, is_valid)
        self._file.write(lines if is_valid.all() else lines.filter(pl.Series(is_valid)))


def _renumber(batch: OutputBatch, numbers: pl.Series, is_valid: np.ndarray) -> pl.Series:
    frame, encoded = batch.attributes.frame, batch.attributes.encoded
    indexes = np.flatnonzero((numbers != frame["number"]).fill_null(value=True).to_numpy() & is_valid)
    if not len(indexes):
        return batch.lines
    renumbered = frame[indexes].with_columns(numbers.gather(indexes).alias("number"))
    tails = tail_text(Attributes(renumbered, encoded - {"number"}), batch.geometry_text.gather(indexes))
    return batch.lines.clone().scatter(indexes, line_text(batch.hashes.gather(indexes), tails))
