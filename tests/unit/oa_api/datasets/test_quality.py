"""The quality of a result in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_api.datasets.quality import describe_quality, share_in_words

_RESULT = {
    "count": 1000,
    "valid": 990,
    "fields": {"number": 983, "street": 1000, "city": 4, "postcode": 0, "id": 12},
    "invalid": {"geometry": 2, "number": 8},
    "rows": {"read": 1012, "bad": {"a coordinate is not a number": {"count": 9, "examples": []}}, "left_out": {"x": 3}},
    "placement": {"coverage": "Alameda County, California", "problems": []},
}


def test_quality_of_a_full_result_has_every_sentence() -> None:
    quality = describe_quality("addresses", _RESULT)
    assert quality.completeness == "98 % of addresses have a number, all a street, under 1 % a city, none a postcode."
    assert quality.validity == (
        "990 of 1,000 features pass validation; 10 do not (8 with an invalid number, 2 without geometry)."
    )
    assert quality.rows == (
        "12 of 1,012 source rows had faults or were left out (a coordinate is not a number: 9, x: 3)."
    )
    assert quality.place == "The data is in Alameda County, California, as the source states."
    assert quality.problems == []


def test_quality_of_a_misplaced_result_names_the_problem() -> None:
    problem = {"code": "one_spot", "message": "all features are in one spot"}
    quality = describe_quality("addresses", {**_RESULT, "placement": {"coverage": "x", "problems": [problem]}})
    assert quality.place == "The data may be in the wrong place."
    assert quality.problems == ["all features are in one spot"]


@pytest.mark.parametrize(
    "result",
    [
        None,
        {},
        {"count": 0, "fields": {}},
        {"count": None, "valid": None, "fields": None, "rows": None, "placement": None},
        {"count": 5, "rows": {"bad": None}},
        {"count": 5, "rows": {"read": "many", "bad": {"x": 3}, "left_out": []}},
        {"count": 5, "valid": 7, "fields": {"number": "x"}, "invalid": []},
    ],
)
def test_quality_of_an_incomplete_result_has_no_wrong_sentence(result: dict[str, object] | None) -> None:
    quality = describe_quality("addresses", result)
    assert quality.completeness == quality.rows == quality.place == ""
    assert quality.validity in {"", "All 5 features pass validation."}


def test_quality_of_perfect_data_says_all() -> None:
    quality = describe_quality(
        "parcels", {"count": 7, "valid": 7, "fields": {"pid": 7}, "rows": {"read": 7, "bad": {}}}
    )
    assert quality.completeness == "All of the parcels have a pid."
    assert quality.validity == "All 7 features pass validation."
    assert quality.rows == "Every one of the 7 source rows was used."


@given(st.integers(1, 10**9), st.data())
def test_share_is_rounded_and_neither_all_nor_none_unless_exact(total: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, total))
    words = share_in_words(part, total)
    assert (words == "all") == (part == total)
    assert (words == "none") == (part == 0)
    if words not in {"all", "none"}:
        percent = int(words.removeprefix("under ").removesuffix(" %"))
        assert 1 <= percent <= 99
        assert abs(percent - 100 * part / total) <= 1
