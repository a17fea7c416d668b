"""Arrow columns of any type as the text that rules read (docs/engine.md, "Reading")."""

import polars as pl
import pyarrow as pa
import pyarrow.types as kinds

from oa_task.read.columns import plain_line_ends, text

# Between these bounds polars formats a number as Python's repr does; outside them only one of the two uses an exponent.
_LEAST_PLAIN, _MOST_PLAIN = 1e-4, 1e16
_MOST_PLAIN_INTEGER = int(_MOST_PLAIN)
_MOST_WHOLE = 1e21
_WITHOUT_TEXT = ""


def is_text(kind: pa.DataType) -> bool:
    """Return whether the values of a type are text."""
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind))


def text_column(array: pa.Array, *, integers_are_real: bool = False) -> pl.Series:
    """Return a column as text, "" for null. `integers_are_real` formats 64-bit integers as floats, as for FileGDB.

    Whole numbers of many digits have no exponent. Raises pyarrow.ArrowInvalid for text that is not UTF-8.
    """
    kind = array.type
    if is_text(kind):
        array.validate(full=True)
        result = plain_line_ends(_series(array))
    elif kinds.is_int64(kind) and integers_are_real:
        result = _integer_text(_series(array))
    elif kinds.is_integer(kind):
        result = _series(array).cast(pl.String)
    elif kinds.is_floating(kind):
        result = float_text(_series(array).cast(pl.Float64))
    elif kinds.is_boolean(kind):
        result = _series(array).cast(pl.String).str.to_titlecase()
    elif kinds.is_date32(kind):
        result = _series(array).dt.strftime("%Y/%m/%d")
    elif kinds.is_timestamp(kind) and kind.tz in {None, "UTC"}:
        result = _timestamp_text(_series(array))
    else:
        result = pl.Series([text(value) for value in array.to_pylist()], dtype=pl.String)
    return result.fill_null(_WITHOUT_TEXT)


def holds_reals(kind: pa.DataType, *, integers_are_real: bool = False) -> bool:
    """Return whether `text_column` writes whole numbers of a type with `.0`."""
    return bool(kinds.is_floating(kind) or (integers_are_real and kinds.is_int64(kind)))


def _series(array: pa.Array) -> pl.Series:
    series = pl.from_arrow(array)
    if not isinstance(series, pl.Series):
        raise TypeError(f"expected one column, got {array.type}")
    return series


def _integer_text(values: pl.Series) -> pl.Series:
    """Return integers as the text of the equal float, or their digits where a float would need an exponent."""
    digits = values.cast(pl.String)
    is_short = (values > -_MOST_PLAIN_INTEGER) & (values < _MOST_PLAIN_INTEGER)
    return (digits + ".0").zip_with(is_short.fill_null(value=False), digits)


def float_text(values: pl.Series) -> pl.Series:
    """Return real numbers as Python's text of them, but long whole numbers as their digits, without an exponent."""
    result = values.cast(pl.String)
    size = values.abs()
    is_plain = (size == 0) | ((size >= _LEAST_PLAIN) & (size < _MOST_PLAIN))
    others = (~is_plain).arg_true()
    return (
        result.scatter(others, [_number(value) for value in values.gather(others).to_list()]) if len(others) else result
    )


def _number(value: float) -> str:
    return str(int(value)) if _MOST_PLAIN <= abs(value) < _MOST_WHOLE else repr(value)


def _timestamp_text(values: pl.Series) -> pl.Series:
    """Return date and time to the second, or to the millisecond for values with a fraction."""
    seconds = values.dt.strftime("%Y/%m/%d %H:%M:%S+00")
    has_fraction = (values.dt.millisecond() > 0).fill_null(value=False)
    return (
        values.dt.strftime("%Y/%m/%d %H:%M:%S%.3f+00").zip_with(has_fraction, seconds)
        if has_fraction.any()
        else seconds
    )
