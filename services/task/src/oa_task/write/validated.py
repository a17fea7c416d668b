"""`validated.geojson.gz`: the valid features, the numbers of addresses normalised, the hash that of the source."""

from pathlib import Path

import numpy as np
import polars as pl

from oa_task.features.batch import Attributes
from oa_task.features.validation import ValidationResult
from oa_task.write.gzip import GzipTextFile
from oa_task.write.lines import OutputBatch, line_text, tail_text


class ValidatedFile:
    """Writes the lines of valid features; only those whose number changes are written anew."""

    def __init__(self, path: Path) -> None:
        self._file = GzipTextFile(path)
        self.close = self._file.close
        self.abandon = self._file.abandon

    def write(self, batch: OutputBatch, verdict: ValidationResult) -> None:
        """Append the valid features of a batch."""
        is_valid = verdict.is_valid
        lines = batch.lines
        if verdict.numbers is not None:
            lines = _with_numbers(batch, verdict.numbers, is_valid)
        self._file.write(lines if is_valid.all() else lines.filter(pl.Series(is_valid)))


def _with_numbers(batch: OutputBatch, numbers: pl.Series, is_valid: np.ndarray) -> pl.Series:
    frame, encoded = batch.attributes.frame, batch.attributes.encoded
    places = np.flatnonzero((numbers != frame["number"]).fill_null(value=True).to_numpy() & is_valid)
    if not len(places):
        return batch.lines
    renumbered = frame[places].with_columns(numbers.gather(places).alias("number"))
    tails = tail_text(Attributes(renumbered, encoded - {"number"}), batch.geometry_text.gather(places))
    return batch.lines.clone().scatter(places, line_text(batch.hashes.gather(places), tails))
