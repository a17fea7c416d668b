from typing import Any

from oa_api.jobs.pages.changes import flatten_delta

POINT = {"type": "Point", "coordinates": [1, 2]}


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def test_flattened_delta_has_previous_values_as_separate_properties() -> None:
    changed = feature(POINT, change="changed", city="b", before={"city": "a"}, moved_m=3.5)
    found = flatten_delta({"features": [changed, feature(None, change="added")]})
    assert found == [feature(POINT, change="changed", city="b", moved_m=3.5, **{"city before": "a"})]


def test_flattened_without_a_delta_is_empty() -> None:
    assert flatten_delta(None) == flatten_delta({}) == []


def test_flatten_delta_former_values_of_another_type_are_left_out() -> None:
    changed = {**feature({"type": "Point", "coordinates": [1, 2]}, change="changed"), "properties": {"before": "x"}}
    assert flatten_delta({"features": [changed]})[0]["properties"] == {}
