"""Licenses in every spelling, and the attribution text built from them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_shared.licenses import (
    MAX_TEXT,
    AttributedDataset,
    CreditCase,
    License,
    attribution_text,
    credit_of,
    license_of,
    normalize_license,
    stated_license,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
KEYS = (
    "url",
    "text",
    "name",
    "attribution",
    "attribution name",
    "share-alike",
    "share alike",
    "remarks",
    "note",
    "website",
)
SITE = "https://town.example.org"
TERMS = "https://town.example.org/terms"


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


@given(JSON | st.dictionaries(st.sampled_from(KEYS), JSON), JSON, JSON)
def test_stated_license_has_all_that_the_credit_needs(stated: Any, name: Any, website: Any) -> None:
    """A manifest, a plan and the database keep it, and each of them makes the same credit."""
    kept = stated_license({"license": stated, "attribution": name, "website": website})
    license_ = normalize_license(kept)
    again = normalize_license(stated_license({"license": license_.as_stated() if license_ else None}))
    assert again == license_
    assert credit_of(again, "xx/a") == credit_of(license_, "xx/a")


# Each form of a license that definitions have: the keys of an entry, what is due, to whom, and the line of text.
CREDITS = [
    ({}, "not stated", "", "License not stated. Attribution not stated."),
    ({"license": ""}, "not stated", "", "License not stated. Attribution not stated."),
    ({"license": {}}, "not stated", "", "License not stated. Attribution not stated."),
    ({"license": {"share-alike": False}}, "not stated", "", "License not stated. Attribution not stated."),
    ({"license": "CC BY 4.0"}, "not stated", "", "License: CC BY 4.0. Attribution not stated."),
    ({"license": TERMS}, "not stated", "", f"License: {TERMS}. Attribution not stated."),
    ({"license": {"url": TERMS}}, "not stated", "", f"License: {TERMS}. Attribution not stated."),
    ({"license": {"text": "Open", "url": TERMS}}, "not stated", "", f"License: Open, {TERMS}. Attribution not stated."),
    (
        {"license": {"text": "ODbL", "share-alike": True}},
        *("not stated", "", "License: ODbL. Share alike. Attribution not stated."),
    ),
    ({"license": {"text": "CC0"}, "website": SITE}, "not stated", "", "License: CC0. Attribution not stated."),
    (
        {"license": {"attribution": False, "share-alike": False, "text": "CC0", "url": TERMS}},
        *("not required", "", f"License: CC0, {TERMS}. Attribution not required."),
    ),
    (
        {"license": {"attribution": False, "attribution name": "Town", "text": "Zero"}, "website": SITE},
        *("not required", "", "License: Zero. Attribution not required."),
    ),
    ({"license": {"attribution": False}}, "not required", "", "License not stated. Attribution not required."),
    (
        {"license": {"attribution": False}, "attribution": "Town"},
        *("not required", "", "License not stated. Attribution not required."),
    ),
    (
        {"license": {"attribution": True, "attribution name": "Town", "text": "CC BY", "url": TERMS}},
        *("named", "Town", f"© Town. License: CC BY, {TERMS}."),
    ),
    ({"license": {"attribution name": "Town"}}, "named", "Town", "© Town. License not stated."),
    ({"license": {"attribution_name": "Town"}}, "named", "Town", "© Town. License not stated."),
    ({"license": {"attribution": "Town"}}, "named", "Town", "© Town. License not stated."),
    (
        {"license": {"attribution": True, "attribution name": "Town", "presumed": True}, "website": SITE},
        *("named", "Town", "© Town. License not stated."),
    ),
    ({"license": "CC BY", "attribution": "Town"}, "named", "Town", "© Town. License: CC BY."),
    ({"attribution": "Town"}, "named", "Town", "© Town. License not stated."),
    (
        {"license": {"attribution": True, "attribution name": "Town"}, "attribution": "Village"},
        *("named", "Town", "© Town. License not stated."),
    ),
    (
        {"license": {"attribution": True, "text": "CC BY", "url": TERMS}, "website": SITE},
        *("unnamed", f"xx/town, {SITE}, CC BY, {TERMS}", f"Source: xx/town, {SITE}. License: CC BY, {TERMS}."),
    ),
    (
        {"license": {"attribution": True, "url": TERMS, "share-alike": True}},
        *("unnamed", f"xx/town, {TERMS}", f"Source: xx/town. License: {TERMS}. Share alike."),
    ),
    (
        {"license": {"attribution": True, "attribution name": " "}},
        *("unnamed", "xx/town", "Source: xx/town. License not stated."),
    ),
]


@pytest.mark.parametrize(("entry", "case", "attribution", "line"), CREDITS)
def test_credit_of_each_form_of_a_license(entry: dict[str, Any], case: str, attribution: str, line: str) -> None:
    license_ = normalize_license(stated_license(entry))
    credit = credit_of(license_, "xx/town")
    assert (credit.case, credit.attribution, credit.line) == (case, attribution, line)
    definition = {"layers": {"addresses": [{"name": "a", **entry}]}}
    assert license_of(definition, "addresses", "a") == license_


def test_table_of_credits_has_each_case() -> None:
    assert {case for _, case, _, _ in CREDITS} == set(CreditCase)


@given(
    st.none()
    | st.fixed_dictionaries(
        {},
        optional={
            "text": st.text(),
            "url": st.text(),
            "attribution": st.booleans(),
            "attribution name": st.text(),
            "share-alike": st.booleans(),
        },
    ),
    st.text(min_size=1),
)
def test_credit_is_due_exactly_where_the_license_states_it(stated: dict[str, Any] | None, website: str) -> None:
    license_ = normalize_license(stated_license({"license": stated, "website": website}))
    credit = credit_of(license_, "xx/a")
    attribution = (stated or {}).get("attribution")
    name = (license_ or License()).attribution_name
    assert credit.is_due == (attribution is True or (attribution is None and name is not None))
    assert (credit.attribution == name) == (credit.case is CreditCase.NAMED)
    assert ("xx/a" in credit.line) == (credit.case is CreditCase.UNNAMED) or "xx/a" in str(stated) + website
    assert ("not required" in credit.line) == (attribution is False) or "not required" in str(stated) + website
    assert credit.line == " ".join(credit.line.split())


def test_license_of_reads_the_license_of_the_entry() -> None:
    entries = [{"name": "a", "license": "A"}, {"name": "b", "license": {"text": "B"}}, {"name": "c"}]
    definition = {"layers": {"addresses": entries}}
    found = [license_of(definition, "addresses", name) for name in ("a", "b", "c", "d")]
    assert found == [License(text="A"), License(text="B"), None, None]


def test_attribution_text_of_hostile_names_has_one_line_each() -> None:
    license_ = normalize_license({"text": "L\r\nM"})
    assert license_ is not None
    dataset = AttributedDataset("xx/a", "addresses", "a\n© Somebody else", credit_of(license_, "xx/a").line)
    lines = attribution_text([dataset]).splitlines()
    assert lines[-2:] == ["License: L M. Attribution not stated.", "  xx/a addresses a © Somebody else"]
    assert "1 dataset. " in lines[1]


def test_attribution_text_without_datasets_counts_zero() -> None:
    assert "0 datasets" in attribution_text([])
