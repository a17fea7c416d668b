"""Names are found however people type them."""

import re

import pytest
from hypothesis import given, strategies

from oa_api.db.name_patterns import similar_pattern

_SPELLINGS = (
    {"köln", "koeln", "koln"},
    {"straße", "strasse"},
    {"são_paulo", "sao_paulo"},
    {"łódź", "lodz"},
    {"øresund", "oresund"},
    {"us/ca/berkeley"},
    {"neuenburg", "neuenbürg"},
)


@pytest.mark.parametrize("names", _SPELLINGS, ids=min)
def test_every_spelling_finds_the_names_of_other_spellings(names: set[str]) -> None:
    plain = min(names)
    for typed in names:
        for written in (typed, typed.upper(), typed.title(), plain):
            assert re.search(similar_pattern(written), plain), written
            assert re.search(similar_pattern(written), typed), written


@pytest.mark.parametrize(
    ("typed", "name"), [("köln", "kiel"), ("us/ca", "us/co"), ("a_b", "axb"), ("a%", "ab"), (".", "a")]
)
def test_other_names_are_not_found(typed: str, name: str) -> None:
    assert not re.search(similar_pattern(typed), name)


# Without İ, which has two letters in lower case.
@given(
    text=strategies.text(strategies.characters(max_codepoint=0x24F, exclude_characters="İ"), min_size=1, max_size=60)
)
def test_each_text_is_a_pattern_that_finds_itself(text: str) -> None:
    assert re.search(similar_pattern(text), text.lower()), similar_pattern(text)
