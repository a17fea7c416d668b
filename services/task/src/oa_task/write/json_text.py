"""Columns of text as JSON text, byte for byte as Python's `json.dumps` writes it."""

from json.encoder import encode_basestring_ascii

import polars as pl

_TO_ESCAPE = r"[^ !#-\[\]-~]"


def escaped(column: pl.Series) -> pl.Series:
    """Return text as it stands between the quotes of a JSON string. Only values that need it are touched."""
    special = column.str.contains(_TO_ESCAPE).fill_null(value=False)
    if not special.any():
        return column
    places = special.arg_true()
    texts = [encode_basestring_ascii(text)[1:-1] for text in column.gather(places).to_list()]
    return column.clone().scatter(places, texts)


def json_value(name: str, column: pl.Series, *, is_encoded: bool) -> list[pl.Expr]:
    """Return the pieces of one property's value; null becomes JSON null."""
    has_null = column.null_count() > 0
    if is_encoded:
        return [pl.lit(column.fill_null("null").alias(name))]
    text = pl.lit(escaped(column).alias(name))
    if not has_null:
        return [pl.lit('"'), text, pl.lit('"')]
    return [pl.concat_str(pl.lit('"'), text, pl.lit('"')).fill_null("null")]
