"""Addresses of definitions."""

import pytest

from oa_shared.definition_address import is_web_address, raw_address


@pytest.mark.parametrize(
    ("text", "is_address"),
    [
        ("https://a.org/b.json", True),
        ("HTTP://a.org", True),
        ("ftp://a.org/b", False),
        ("http.json", False),
        ("", False),
    ],
)
def test_web_address_is_an_http_url(text: str, is_address: bool) -> None:  # noqa: FBT001 - a case
    assert is_web_address(text) is is_address


@pytest.mark.parametrize(
    ("address", "raw"),
    [
        ("https://github.com/o/r/blob/main/a/b.json", "https://raw.githubusercontent.com/o/r/main/a/b.json"),
        ("https://github.com/o/r/blob/main/a.json?plain=1#L3", "https://raw.githubusercontent.com/o/r/main/a.json"),
        ("https://github.com/o/r/raw/main/a.json", "https://github.com/o/r/raw/main/a.json"),
        ("https://example.org/o/r/blob/main/a.json", "https://example.org/o/r/blob/main/a.json"),
        ("https://github.com.example.org/o/r/blob/a", "https://github.com.example.org/o/r/blob/a"),
    ],
)
def test_page_of_a_file_on_github_stands_for_the_file(address: str, raw: str) -> None:
    assert raw_address(address) == raw
