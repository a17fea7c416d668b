"""Coordinates of the outputs: rounded to 7 decimals like Python's `round`, written like Python's `repr`."""

import numpy as np
import polars as pl

DECIMALS = 7
_SCALE = 10.0**DECIMALS
_NEAR_TIE = 1e-3
_EXACT_BELOW = 2.0**43
_SPLITTER = 2.0**27 + 1
_PLAIN_FROM = 1e-4
_PLAIN_BELOW = 1e15


def round_coordinates(values: np.ndarray) -> np.ndarray:
    """Return `round(value, 7)` of every float64, in the same shape.

    Scaling and dividing gives Python's result except near a tie, where the scaled value has lost the deciding bits:
    they are computed. Python itself rounds values that are too large to be exact.
    """
    with np.errstate(over="ignore"):
        scaled = values * _SCALE
    result: np.ndarray = np.rint(scaled) / _SCALE
    large = np.abs(scaled) >= _EXACT_BELOW
    with np.errstate(invalid="ignore"):
        near = (np.abs(scaled - np.floor(scaled) - 0.5) < _NEAR_TIE) & ~large
    if near.any():
        result[near] = _round_near_ties(values[near])
    if large.any():
        result[large] = [round(value, DECIMALS) for value in values[large].tolist()]
    return result


def _round_near_ties(values: np.ndarray) -> np.ndarray:
    """Round by the exact product: the scaled value and the bits lost by its rounding.

    T. J. Dekker's splitting ("A floating-point technique for extending the available precision", 1971) computes the
    loss exactly: the scale has 24 bits and each half of a value at most 26, so their products fit.
    """
    scaled = values * _SCALE
    split = values * _SPLITTER
    high = split - (split - values)
    lost = (high * _SCALE - scaled) + (values - high) * _SCALE
    below = np.floor(scaled)
    beyond = scaled - below - 0.5
    is_odd = below % 2 == 1
    is_up = (beyond > 0) | ((beyond == 0) & ((lost > 0) | ((lost == 0) & is_odd)))
    result: np.ndarray = np.copysign((below + is_up) / _SCALE, values)
    return result


def number_text(values: np.ndarray) -> pl.Series:
    """Return the `repr` of every float64 as text, null for NaN.

    Polars writes the same shortest digits, but switches to an exponent at other values: Python writes those.
    """
    text = pl.Series(values, nan_to_null=True).cast(pl.String)
    size = np.abs(values)
    other = np.flatnonzero(((size < _PLAIN_FROM) & (size > 0)) | (size >= _PLAIN_BELOW))
    if len(other):
        text = text.scatter(other, [repr(value) for value in values[other].tolist()])
    return text
