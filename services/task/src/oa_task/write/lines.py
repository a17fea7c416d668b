"""Conformed features as lines of GeoJSON text, and the hash that identifies a feature by its content.

A line is `{"type": "Feature", "properties": {"hash": "<hash>", <tail>`; the hash is that of the tail with every ring in
the direction that the data gives it, so that it is the same as before outputs turned rings.
"""

from dataclasses import dataclass

import polars as pl
from xxhash import xxh3_64_hexdigest

from oa_task.features.batch import Attributes, Geometry
from oa_task.write.geometry import output_geometry
from oa_task.write.geometry_text import geometry_texts
from oa_task.write.json_text import Piece, join_pieces, json_value

HEAD = '{"type": "Feature", "properties": {"hash": "'
HASH_DIGITS = 16


@dataclass(frozen=True, slots=True)
class OutputBatch:
    """Consecutive features, ready for the outputs.

    `geometry` is rounded; `hashes` are 16 hexadecimal digits; `lines` end in a line feed. All have the length of
    `attributes`.
    """

    attributes: Attributes
    geometry: Geometry
    geometry_text: pl.Series
    hashes: pl.Series
    lines: pl.Series

    def __len__(self) -> int:
        return len(self.attributes)


def output_batch(attributes: Attributes, geometry: Geometry, layer: str) -> OutputBatch:
    """Return a batch for the outputs, in the same order."""
    shapes = output_geometry(geometry, layer)
    text, source_text = geometry_texts(shapes)
    tails = tail_text(attributes, text)
    hashes = content_hashes(tails if source_text is text else tail_text(attributes, source_text))
    return OutputBatch(attributes, shapes, text, hashes, line_text(hashes, tails))


def tail_text(attributes: Attributes, geometry: pl.Series) -> pl.Series:
    """Return the line of each feature from its second property on."""
    pieces: list[Piece] = []
    for name in attributes.frame.columns:
        pieces.append(f', "{name}": ' if pieces else f'"{name}": ')
        pieces += json_value(attributes.frame[name], is_encoded=name in attributes.encoded)
    return join_pieces([*pieces, '}, "geometry": ', geometry, "}"]).alias("tail")


def content_hashes(tails: pl.Series) -> pl.Series:
    """Return XXH3-64 (seed 0) of each tail's bytes as 16 hexadecimal digits."""
    digests = map(xxh3_64_hexdigest, tails.cast(pl.Binary).to_list())
    return pl.Series("hash", list(digests), dtype=pl.String)


def line_text(hashes: pl.Series, tails: pl.Series) -> pl.Series:
    """Return complete lines with their line feeds."""
    return join_pieces([HEAD, hashes, '", ', tails, "\n"]).alias("line")
