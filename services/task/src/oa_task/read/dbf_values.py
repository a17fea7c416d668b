"""Numbers, dates and booleans of a .dbf file as the text that rules read (docs/engine.md, "Reading")."""

import polars as pl

from oa_task.read.arrow_text import float_text
from oa_task.read.dbf import DbfField

# Numbers of more digits than that do not fit in 64 bits, and are real numbers for GDAL.
_MAX_INTEGER_WIDTH = 18
# A whole number of more digits has an exponent as a float, and more digits than a float holds.
_MAX_FLOAT_DIGITS = 15
_WHOLE = r"^[+-]?[0-9]+$"
_TRUE, _FALSE = ("T", "t", "Y", "y"), ("F", "f", "N", "n")


def is_real(field: DbfField) -> bool:
    """Return whether the numbers of a field are real numbers, whose whole values have ".0" as text."""
    return field.kind in "NF" and (field.decimals > 0 or field.width > _MAX_INTEGER_WIDTH)


def value_text(texts: pl.Series, field: DbfField) -> pl.Series:
    """Return the values of a field as the text that rules read, "" for null; the text itself if it has another type."""
    if field.kind in "NF":
        return _numbers(texts, field)
    if field.kind == "D":
        return _dates(texts)
    if field.kind == "L":
        return _booleans(texts)
    return texts


def _numbers(texts: pl.Series, field: DbfField) -> pl.Series:
    if is_real(field):
        return _reals(texts)
    whole = texts.cast(pl.Int64, strict=False).cast(pl.String)
    others = (whole.is_null() & (texts != "")).arg_true()
    whole = whole.fill_null("")
    return whole.scatter(others, _reals(texts.gather(others)).str.strip_suffix(".0")) if len(others) else whole


def _reals(texts: pl.Series) -> pl.Series:
    """Return real numbers as Python's text of them, except for whole numbers that have too many digits for a float."""
    numbers = texts.cast(pl.Float64, strict=False)
    is_no_number = (texts != "") & (numbers.is_null() | numbers.is_infinite() | numbers.is_nan())
    if is_no_number.any():
        texts = _clear(texts, texts.str.starts_with("*")).str.replace(",", ".", literal=True)
        numbers = texts.cast(pl.Float64, strict=False)
        is_no_number = (texts != "") & (numbers.is_null() | numbers.is_infinite() | numbers.is_nan())
    result = float_text(numbers).fill_null("")
    if is_no_number.any():
        result = texts.zip_with(is_no_number, result)
    is_long = (numbers.abs() >= 10**_MAX_FLOAT_DIGITS).fill_null(value=False)
    if is_long.any():
        is_long &= texts.str.contains(_WHOLE)
        digits = texts.str.replace(r"^\+?(-?)0*([0-9])", "${1}${2}")
        result = digits.zip_with(is_long, result)
    return result


def _dates(texts: pl.Series) -> pl.Series:
    texts = _clear(texts, texts.str.contains("^0*$"))
    dates = texts.str.to_date("%Y%m%d", strict=False)
    return dates.dt.strftime("%Y/%m/%d").fill_null(texts)


def _booleans(texts: pl.Series) -> pl.Series:
    # "?" is null; GDAL reads every other letter as false.
    return texts.replace_strict(
        dict.fromkeys(_TRUE, "True") | {"?": "", "": ""}, default="False", return_dtype=pl.String
    )


def _clear(texts: pl.Series, is_null: pl.Series) -> pl.Series:
    """Return texts with "" for the null ones."""
    return texts.set(is_null, "") if is_null.any() else texts
