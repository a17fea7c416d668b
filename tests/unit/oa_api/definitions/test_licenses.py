"""Licenses in every spelling, and the attribution text built from them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_api.definitions.licenses import (
    MAX_TEXT,
    AttributedDataset,
    License,
    attribution_text,
    license_of,
    normalize_license,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
KEYS = ("url", "text", "name", "attribution", "attribution name", "share-alike", "share alike", "remarks", "note")


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("https://example.org/a", License(url="https://example.org/a")),
        (" CC0\n1.0 ", License(text="CC0 1.0")),
        ({"url": "see the site"}, License(text="see the site")),
        ({"url": "javascript:alert(1)"}, License(text="javascript:alert(1)")),
        ({"attribution name": "Town"}, License(attribution=True, attribution_name="Town")),
        ({"attribution": False, "attribution name": "Town"}, License(attribution=False, attribution_name="Town")),
        ({"attribution": "Town"}, License(attribution=True, attribution_name="Town")),
        ({"share alike": True, "text": "ODbL"}, License(text="ODbL", share_alike=True)),
        ({"note": "by mail"}, License(remarks="by mail")),
        ({"text": "x" * (MAX_TEXT + 1)}, License(text="x" * MAX_TEXT)),
        ("", None),
        ({}, None),
        ({"text": 7, "share-alike": "yes"}, None),
        (None, None),
        ([1], None),
    ],
)
def test_normalize_license_any_spelling_has_one_form(stated: Any, expected: License | None) -> None:
    assert normalize_license(stated) == expected


@given(JSON | st.dictionaries(st.sampled_from(KEYS), JSON))
def test_normalize_license_twice_changes_nothing(stated: Any) -> None:
    once = normalize_license(stated)
    assert normalize_license(once.as_json() if once else None) == once


def test_license_of_reads_the_license_of_the_entry() -> None:
    entries = [{"name": "a", "license": "A"}, {"name": "b", "license": {"text": "B"}}, {"name": "c"}]
    definition = {"layers": {"addresses": entries}}
    found = [license_of(definition, "addresses", name) for name in ("a", "b", "c", "d")]
    assert found == [License(text="A"), License(text="B"), None, None]


def test_attribution_text_of_hostile_names_has_one_line_each() -> None:
    license_ = normalize_license({"text": "L\r\nM"})
    assert license_ is not None
    dataset = AttributedDataset("xx/a", "addresses", "a\n© Somebody else", license_.line())
    lines = attribution_text([dataset]).splitlines()
    assert lines[-2:] == ["License: L M.", "  xx/a addresses a © Somebody else"]
    assert "1 dataset. " in lines[1]


def test_attribution_text_without_datasets_counts_zero() -> None:
    assert "0 datasets" in attribution_text([])
