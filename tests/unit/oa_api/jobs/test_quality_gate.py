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


def changes(*, changed: int = 1000, **fields: dict[str, int]) -> dict[str, Any]:
    return {"previous": True, "added": 0, "removed": 0, "changed": changed, "unchanged": 0, "fields": fields}


@pytest.mark.parametrize(
    ("field", "lost", "filled", "is_held"),
    [
        ("number", 1000, 1000, True),
        ("number", 100, 1000, True),
        ("number", 99, 1000, False),
        ("city", 100, 1000, True),
        ("city", 99, 1000, False),
        ("unit", 10, 20, True),
        ("unit", 9, 20, False),
        ("unit", 9, 9, False),
        ("geometry", 100, None, True),
        ("geometry", 99, None, False),
        ("unpublished", 1000, None, False),
    ],
)
def test_lost_field_holds_a_result_though_its_fill_rate_is_kept(
    field: str, lost: int, filled: int | None, *, is_held: bool
) -> None:
    """Other features gained as many values, so that the counts are equal."""
    published = {"count": 1000, "fields": {} if filled is None else {field: filled}}
    reasons = find_review_reasons(
        {**published, "changes": changes(**{field: {"lost": lost, "gained": lost}})}, published
    )
    expected = [f"{field}: {lost:,} of {1000 if filled is None else filled:,} lost"]
    assert [reason.message for reason in reasons] == (expected if is_held else [])
    assert [reason.code for reason in reasons] == ([f"{field}_lost"] if is_held else [])


def test_lost_field_is_one_reason_with_its_fill_rate() -> None:
    published = {"count": 10_000, "fields": {"number": 10_000, "street": 10_000}}
    new = {
        "count": 10_000,
        "fields": {"number": 0, "street": 0},
        "changes": changes(changed=10_000, number={"lost": 10_000, "changed": 0, "gained": 0}),
    }
    assert [(reason.code, reason.message) for reason in find_review_reasons(new, published)] == [
        ("number_lost", "number: 10,000 of 10,000 lost"),
        ("street_empty", "every street is empty; 10,000 of 10,000 were filled before"),
    ]


def test_lost_field_that_is_not_empty_keeps_the_reason_of_its_fill_rate() -> None:
    published = {"count": 10_000, "fields": {"number": 10_000}}
    new = {"count": 10_000, "fields": {"number": 6_000}, "changes": changes(changed=4_000, number={"lost": 4_000})}
    assert codes(new, published) == ["number_lost", "number_dropped"]


@pytest.mark.parametrize(
    "reported",
    [
        None,
        {"previous": False, "fields": {"number": {"lost": 100}}},
        {"previous": True, "fields": None},
        {"previous": True, "fields": {"number": None, "street": {"lost": None}}},
        {"previous": True, "fields": {"number": {"lost": 100, "changed": "x"}}, "changed": None},
    ],
)
def test_lost_field_is_not_found_in_a_result_without_counts(reported: Any) -> None:
    assert codes({"count": 100, "fields": {"number": 100, "street": 50}, "changes": reported}) == []
