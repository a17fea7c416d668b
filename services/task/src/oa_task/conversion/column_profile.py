"""`profile.json`: a description of the columns of the input, from its first features."""

from collections.abc import Iterable

import polars as pl

from oa_shared.json_types import JsonObject
from oa_task.features.batch import FeatureBatch

SAMPLE_ROWS = 5_000
_TOP_VALUES = 5
_MAX_TEXT = 100
_MAX_COLUMNS = 1_000
_KINDS = (
    ("integer", r"^[+-]?[0-9]{1,18}$"),
    ("number", r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"),
    ("boolean", r"^(?i:true|false)$"),
    ("date", r"^[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}(?:[T ].*)?$"),
)


def profile_columns(batches: Iterable[FeatureBatch]) -> JsonObject:
    """Return `sample_rows`, and for each column its kind, share of empty values, distinct count and top values."""
    frames = [batch.columns for batch in batches]
    columns = pl.concat(frames, how="diagonal") if frames else pl.DataFrame()
    profiles = {name: _profile(columns[name]) for name in columns.columns[:_MAX_COLUMNS]}
    return {"sample_rows": columns.height, "columns": profiles}


def _profile(column: pl.Series) -> JsonObject:
    texts = column.fill_null("").str.strip_chars()
    filled = texts.filter(texts != "")
    repeated = filled.value_counts(name="count").filter(pl.col("count") > 1)
    counts = repeated.sort(["count", column.name], descending=[True, False]).head(_TOP_VALUES)
    values = [value[:_MAX_TEXT] for value in counts[column.name].to_list()]
    top = [{"value": value, "count": count} for value, count in zip(values, counts["count"].to_list(), strict=True)]
    share = 1 - len(filled) / len(texts) if len(texts) else 1.0
    return {"kind": _kind(filled), "share_empty": round(share, 4), "distinct": filled.n_unique(), "top_values": top}


def _kind(filled: pl.Series) -> str:
    if not len(filled):
        return "empty"
    return next((kind for kind, pattern in _KINDS if filled.str.contains(pattern).all()), "text")
