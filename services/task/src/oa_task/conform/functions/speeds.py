"""Conversion of speeds."""

import math

import polars as pl

from oa_task.conform.columns import Columns
from oa_task.conform.values import NOTHING, Function, RuleResult

_KPH = 1.60934


def mph_to_kph(rule: Function, columns: Columns) -> RuleResult:
    """Convert a speed, rounded half to even; a value that is not a number becomes empty, infinity is a bad row."""
    if rule["field"] not in columns:
        return RuleResult(NOTHING)
    values = columns.values(rule["field"])
    speeds = {value: _speed(value) for value in values.unique().to_list()}
    infinite = {value for value, speed in speeds.items() if math.isinf(speed)}
    if infinite:
        indexes = [index for index, value in enumerate(values.to_list()) if value in infinite]
        columns.note("mph_to_kph", indexes, values.gather(indexes).to_list())
    return RuleResult(
        values.replace_strict(list(speeds), [_text(speed) for speed in speeds.values()], return_dtype=pl.String)
    )


def _speed(value: str) -> float:
    try:
        return float(value) * _KPH
    except ValueError:
        return math.nan


def _text(speed: float) -> str:
    return str(round(speed)) if math.isfinite(speed) else ""
