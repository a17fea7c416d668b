"""The quality gate at its thresholds."""

from typing import Any

import pytest

from oa_api.jobs.quality_gate import find_review_reasons

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


def test_concerns_first_publication_passes_unless_empty() -> None:
    assert codes({"count": 1, "fields": {}}, None) == []
    assert codes({"count": 0}, None) == ["no_features"]
