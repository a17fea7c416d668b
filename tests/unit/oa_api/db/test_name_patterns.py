"""Names are found however people type them."""

import re

import pytest
from hypothesis import given, strategies

from oa_api.db.name_patterns import misspelled_pattern, similar_pattern

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


@pytest.mark.parametrize("wrong", ["berkely", "berkley", "bekreley", "berkeleyy", "bergeley", "erkeley", "BERKELEJ"])
def test_misspelled_word_finds_the_name(wrong: str) -> None:
    pattern = (misspelled_pattern(wrong) or "").replace("[^[:alpha:]]", "[^a-z]")
    assert re.search(pattern, "us/ca/berkeley")
    assert re.search(pattern, "us/ca/city_of_berkeley")
    assert not re.search(pattern, "us/ca/oakland")
    assert not re.search(pattern, "us/ca/xxberkeley"), "a part of a name starts with it"


@pytest.mark.parametrize("text", ["", "a", "us/c", "x" * 25])
def test_no_pattern_of_misspellings_for_short_and_long_words(text: str) -> None:
    assert misspelled_pattern(text) is None


@given(text=strategies.text(min_size=5, max_size=12))
def test_pattern_of_misspellings_is_valid_whatever_was_typed(text: str) -> None:
    pattern = misspelled_pattern(text)
    if pattern is not None:
        re.compile(pattern.replace("[:alpha:]", "a-z"))


@pytest.mark.parametrize(
    ("typed", "name"), [("köln", "kiel"), ("us/ca", "us/co"), ("a_b", "axb"), ("a%", "ab"), (".", "a")]
)
def test_other_names_are_not_found(typed: str, name: str) -> None:
    assert not re.search(similar_pattern(typed), name)


def test_each_character_is_a_pattern_that_finds_itself() -> None:
    characters = [chr(code) for code in range(1, 0x250) if chr(code) != "İ"]
    assert [each for each in characters if not re.search(similar_pattern(each), each.lower())] == []


# Without İ, which has two letters in lower case.
@given(
    text=strategies.text(strategies.characters(max_codepoint=0x24F, exclude_characters="İ"), min_size=1, max_size=60)
)
def test_each_text_is_a_pattern_that_finds_itself(text: str) -> None:
    assert re.search(similar_pattern(text), text.lower()), similar_pattern(text)
