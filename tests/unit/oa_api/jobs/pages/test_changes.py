from typing import Any

import pytest

from oa_api.jobs.pages.changes import flatten_delta, list_changed_fields

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


def test_list_changed_fields_has_the_counts_and_the_examples_of_the_delta() -> None:
    counts = {"fields": {"city": {"changed": 2}, "number": {"lost": 7, "changed": 0, "gained": 1}, "unit": {"lost": 0}}}
    example = {"change": "lost", "before": "12", "after": None, "feature": {"hash": "0", "street": "Elm"}}
    place = {"change": "changed", "before": [1.5, 2], "after": [1, 2], "moved_m": 3.5}
    first, second = list_changed_fields(counts, {"examples": {"number": [example, 3], "city": [place], "unit": "x"}})
    assert (first.difference.field, first.difference.counts) == ("number", "7 lost, 1 gained")
    assert [(shown.before, shown.after, shown.attributes) for shown in first.examples] == [
        ("12", None, {"street": "Elm"})
    ]
    assert [(shown.before, shown.distance_m) for shown in second.examples] == [("1.5, 2", 3.5)]


@pytest.mark.parametrize("counts", [None, {}, {"fields": None}, {"fields": {"x": 3}}, {"fields": {"x": {"lost": "y"}}}])
@pytest.mark.parametrize("delta", [None, [], {"examples": 3}])
def test_list_changed_fields_of_an_older_job_is_empty(counts: Any, delta: Any) -> None:
    assert list_changed_fields(counts, delta) == []
