"""Coordinates as the outputs hold them: rounded to 7 decimals as Python rounds, written as Python writes floats."""

import numpy as np
import polars as pl

DECIMALS = 7
_SCALE = 10.0**DECIMALS
_NEAR_TIE = 1e-3
_EXACT_BELOW = 2.0**43
_PLAIN_FROM = 1e-4
_PLAIN_BELOW = 1e15


def rounded(values: np.ndarray) -> np.ndarray:
    """Return `round(value, 7)` of every float64, in the shape given.

    Scaling and dividing gives Python's result except near a tie, where the scaled value has lost the bits that
    decide, and where it is too large to be exact: these values are rounded by Python itself.
    """
    with np.errstate(over="ignore"):
        scaled = values * _SCALE
    result: np.ndarray = np.rint(scaled) / _SCALE
    with np.errstate(invalid="ignore"):
        near = np.abs(scaled - np.floor(scaled) - 0.5) < _NEAR_TIE
    near |= np.abs(scaled) >= _EXACT_BELOW
    if near.any():
        result[near] = [round(value, DECIMALS) for value in values[near].tolist()]
    return result


def number_text(values: np.ndarray) -> pl.Series:
    """Return the `repr` of every float64 as text, null for NaN.

    Polars writes the same shortest digits, but switches to an exponent elsewhere: those values are written by Python.
    """
    text = pl.Series(values, nan_to_null=True).cast(pl.String)
    size = np.abs(values)
    other = np.flatnonzero(((size < _PLAIN_FROM) & (size > 0)) | (size >= _PLAIN_BELOW))
    if len(other):
        text = text.scatter(other, [repr(value) for value in values[other].tolist()])
    return text
