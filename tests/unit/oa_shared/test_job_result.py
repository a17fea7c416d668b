"""The place of the data in a reported result: kept as it is, within bounds."""

from typing import Any

import pytest
from marshmallow import ValidationError

from oa_shared.feature_changes import read_field_differences
from oa_shared.job_result import read_result
from oa_shared.placement import PlacementCode

_PROBLEM = {"code": str(PlacementCode.ONE_SPOT), "message": "nearly all features are within 0.03 m"}
_PLACEMENT = {"bounds": [1.0, 2.0, 3.0, 4.0], "coverage": "France (ISO 3166 FR)", "problems": [_PROBLEM]}


@pytest.mark.parametrize(
    "placement",
    [None, _PLACEMENT, {"bounds": None, "coverage": None, "problems": []}, {**_PLACEMENT, "coverage": None}],
)
def test_placement_of_a_task_is_kept(placement: dict[str, Any] | None) -> None:
    assert read_result({"count": 1, "placement": placement})["placement"] == placement


@pytest.mark.parametrize(
    "change",
    [
        {"bounds": [1.0, 2.0]},
        {"bounds": [float("nan")] * 4},
        {"coverage": "x" * 1001},
        {"problems": [_PROBLEM] * 11},
        {"problems": [{"code": "<script>", "message": ""}]},
        {"problems": [{"code": "one_spot", "message": "x" * 1001}]},
        {"problems": [{"message": "x"}]},
        {"problems": "one_spot"},
    ],
)
def test_placement_out_of_bounds_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read_result({"placement": {**_PLACEMENT, **change}})


@pytest.mark.parametrize(
    "fields",
    [
        {"number": {"lost": -1}},
        {"number": {"lost": "1"}},
        {"number": 3},
        {"x" * 101: {}},
        {str(n): {} for n in range(201)},
    ],
)
def test_read_result_changes_by_field_are_bounded(fields: Any) -> None:
    with pytest.raises(ValidationError):
        read_result({"changes": {"previous": True, "changed": 1, "fields": fields}})


def test_read_result_keeps_the_changes_by_field() -> None:
    counts = {"lost": 10_000, "changed": 0, "gained": 0}
    changes = {"previous": True, "changed": 10_000, "moved": 0, "fields": {"number": counts}}
    assert read_result({"changes": changes})["changes"] == changes
    assert [item.counts for item in read_field_differences(changes)] == ["10,000 lost"]
