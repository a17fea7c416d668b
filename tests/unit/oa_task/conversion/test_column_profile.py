import numpy as np
import polars as pl
import pytest

from oa_task.conversion.column_profile import profile_columns
from oa_task.features.batch import FeatureBatch, Points


def batch(**columns: list[str | None]) -> FeatureBatch:
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return FeatureBatch(0, frame, Points(np.zeros(frame.height), np.zeros(frame.height)))


def test_profile_columns_has_share_empty_distinct_and_top_values() -> None:
    found = profile_columns([batch(city=["A", "A", " ", None]), batch(city=["B", "A", "", "C"])])
    assert found["sample_rows"] == 8
    assert found["columns"]["city"] == {
        "kind": "text",
        "share_empty": 0.375,
        "distinct": 3,
        "top_values": [{"value": "A", "count": 3}],
    }


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-20"], "integer"),
        (["1", "2.5", "1e3"], "number"),
        (["True", "false"], "boolean"),
        (["2024/03/05", "2024-03-05 14:07:03+00"], "date"),
        (["1", "x"], "text"),
        (["", " "], "empty"),
    ],
)
def test_profile_columns_kind_is_the_narrowest_for_all_values(values: list[str | None], kind: str) -> None:
    assert profile_columns([batch(a=values)])["columns"]["a"]["kind"] == kind


def test_profile_columns_column_missing_in_a_batch_is_empty_there() -> None:
    found = profile_columns([batch(a=["1"]), batch(a=["2"], b=["x"])])
    assert found["columns"]["b"]["share_empty"] == 0.5


def test_profile_columns_without_features_is_empty() -> None:
    assert profile_columns([]) == {"sample_rows": 0, "columns": {}}
