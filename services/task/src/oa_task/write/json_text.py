"""Columns of text as JSON text, byte for byte as Python's `json.dumps` writes it."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from json.encoder import encode_basestring_ascii

import polars as pl

_TO_ESCAPE = r"[^ !#-\[\]-~]"

Piece = str | pl.Series


def join_pieces(pieces: Iterable[Piece]) -> pl.Series:
    """Return the pieces joined row by row: columns, and texts that are the same in every row."""
    return pl.select(pl.concat_str([pl.lit(piece) for piece in _merge_texts(pieces)])).to_series()


def escape_json(column: pl.Series) -> pl.Series:
    """Return text in the form between the quotes of a JSON string; values without special characters stay untouched."""
    special = column.str.contains(_TO_ESCAPE)
    if not special.any():
        return column
    indexes = special.fill_null(value=False).arg_true()
    texts = [encode_basestring_ascii(text)[1:-1] for text in column.gather(indexes).to_list()]
    return column.clone().scatter(indexes, texts)


def json_value(column: pl.Series, *, is_encoded: bool) -> list[Piece]:
    """Return the pieces of a property's value; null becomes JSON null."""
    if is_encoded:
        return [column.fill_null("null")]
    if column.null_count():
        return [join_pieces(['"', escape_json(column), '"']).fill_null("null")]
    if len(column) and (column == "").all():
        return ['""']
    return ['"', escape_json(column), '"']


def _merge_texts(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces, with consecutive texts as one."""
    for is_text, group in groupby(pieces, key=lambda piece: isinstance(piece, str)):
        if is_text:
            yield "".join(str(piece) for piece in group)
        else:
            yield from group
