"""The quality gate at its thresholds."""

from typing import Any

import pytest

from oa_api.jobs.quality_gate import find_review_reasons
from oa_shared.placement import PlacementCode

PUBLISHED = {"count": 100, "fields": {"number": 100, "street": 50}}


def codes(new: dict[str, Any], published: dict[str, Any] | None = PUBLISHED) -> list[str]:
    return [concern.code for concern in find_review_reasons(new, published)]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (PUBLISHED, []),
        ({"count": 91, "fields": {"number": 91, "street": 46}}, []),
        ({"count": 90, "fields": {"number": 91, "street": 50}}, ["count_dropped"]),
        ({"count": 100, "fields": {"number": 90, "street": 50}}, ["number_dropped"]),
        ({"count": 100, "fields": {"number": 100, "street": 0}}, ["street_empty"]),
        ({"count": 0, "fields": {}}, ["no_features", "count_dropped"]),
        ({**PUBLISHED, "valid": 0}, ["no_valid_features"]),
    ],
)
def test_concerns_against_published_data_names_the_dropped_counts(new: dict[str, Any], expected: list[str]) -> None:
    assert codes(new) == expected


LAYERS = {
    "addresses": ("number", "street", "unit", "city", "district", "region", "postcode", "id", "accuracy"),
    "buildings": ("height", "levels"),
    "parcels": ("pid",),
    "centerlines": ("id", "name", "oneway", "speed", "classification", "surface", "zip_left"),
}


@pytest.mark.parametrize("field", sorted({field for fields in LAYERS.values() for field in fields}))
def test_concerns_every_published_field_that_empties_is_held_with_the_numbers(field: str) -> None:
    published = {"count": 1000, "valid": 900, "fields": {field: 400}}
    (reason,) = find_review_reasons({"count": 1000, "valid": 900, "fields": {field: 0}}, published)
    assert reason.code == f"{field}_empty"
    assert "400 of 1,000" in reason.message


@pytest.mark.parametrize(
    ("count", "before", "now", "expected"),
    [
        (1000, 950, 851, []),
        (1000, 950, 850, ["city_dropped"]),
        (1000, 40, 21, []),
        (1000, 40, 20, ["city_dropped"]),
        (1000, 9, 0, []),
        (1000, 10, 0, ["city_empty"]),
        (1000, 10, 6, []),
        (1000, 0, 0, []),
        (500, 950, 475, ["count_dropped"]),
        (500, 950, 100, ["count_dropped", "city_dropped"]),
    ],
)
def test_concerns_other_field_is_compared_by_its_share(count: int, before: int, now: int, expected: list[str]) -> None:
    published = {"count": 1000, "fields": {"number": 0, "city": before}}
    assert codes({"count": count, "fields": {"number": 0, "city": now}}, published) == expected


@pytest.mark.parametrize("field", ["number", "street", "name", "pid"])
def test_concerns_identifying_field_is_compared_by_its_count(field: str) -> None:
    published = {"count": 10_000, "fields": {field: 50}}
    assert codes({"count": 10_000, "fields": {field: 46}}, published) == []
    assert codes({"count": 10_000, "fields": {field: 45}}, published) == [f"{field}_dropped"]
    assert codes({"count": 10_000, "fields": {field: 0}}, published) == [f"{field}_empty"]


@pytest.mark.parametrize("new", [{"count": 10}, {"count": 10, "fields": None}, {"count": 10, "fields": {"city": "x"}}])
def test_concerns_result_without_numbers_of_a_field_gives_no_reason(new: dict[str, Any]) -> None:
    assert codes(new, {"count": 10, "fields": {"city": 10, "number": 10}}) == []


def test_concerns_first_publication_passes_unless_empty() -> None:
    assert codes({"count": 1, "fields": {}}, None) == []
    assert codes({"count": 0}, None) == ["no_features"]


@pytest.mark.parametrize("code", list(PlacementCode))
@pytest.mark.parametrize("published", [None, PUBLISHED])
def test_result_in_the_wrong_place_is_held_whatever_is_published(
    code: PlacementCode, published: dict[str, Any] | None
) -> None:
    placement = {"bounds": None, "problems": [{"code": str(code), "message": "in the sea"}]}
    (reason,) = find_review_reasons({**PUBLISHED, "placement": placement}, published)
    assert (reason.code, reason.message) == (str(code), "in the sea")


def test_result_far_from_the_published_data_is_held() -> None:
    here, there = [9.8, 53.4, 10.1, 53.6], [13.2, 52.4, 13.6, 52.6]
    assert codes({**PUBLISHED, "bounds": here}, {**PUBLISHED, "bounds": here}) == []
    assert codes({**PUBLISHED, "bounds": here}, {**PUBLISHED, "bounds": there}) == ["moved"]
