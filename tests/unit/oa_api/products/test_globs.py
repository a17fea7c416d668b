"""Globs over source names."""

import re

import pytest

from oa_api.products.globs import GLOB, glob_to_regex


@pytest.mark.parametrize(
    ("glob", "name", "is_matched"),
    [
        ("us/ne/**", "us/ne/lancaster", True),
        ("us/ne/**", "us/ne/a/b", True),
        ("us/ne/**", "us/ne", False),
        ("us/ne/**", "us/nex/a", False),
        ("us/*", "us/ne", True),
        ("us/*", "us/ne/a", False),
        ("us/**/statewide", "us/statewide", True),
        ("us/**/statewide", "us/ne/a/statewide", True),
        ("us/**/statewide", "us/xstatewide", False),
        ("**", "us/ne/a", True),
        ("us/n?", "us/ne", True),
        ("us/n?", "us/n/", False),
        ("us/ne", "us/ne", True),
        ("us/ne/", "us/ne/a", True),
        ("us/ne", "us/nebraska", False),
        ("us/a.b", "us/a.b", True),
        ("us/a.b", "us/axb", False),
        ("us/n-e/*", "us/n-e/a", True),
    ],
)
def test_glob_matches_whole_names_by_levels(glob: str, name: str, is_matched: bool) -> None:  # noqa: FBT001 - a table
    assert re.match(GLOB, glob)
    assert bool(re.search(glob_to_regex(glob), name)) == is_matched
