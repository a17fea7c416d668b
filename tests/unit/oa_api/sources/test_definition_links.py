"""The links of a definition, and the URLs at GitHub."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from oa_api.sources.definition_links import MAX_ENTRIES, MAX_URLS, read_links
from oa_api.sources.rows import DefinitionRow
from oa_api.ui.formatting import source_crumbs, web_url
from oa_api.ui.github_links import commit_url, file_url
from support.running_api import definition

SHA = "0a1b2c3d4e5f"


def row(text: str, **values: Any) -> DefinitionRow:
    created_at = datetime(2026, 11, 1, tzinfo=UTC)
    return DefinitionRow(
        **{"job": 1, "run": 1, "source_url": None, "created_at": created_at, "github": None} | values, definition=text
    )


def test_links_are_those_of_each_entry() -> None:
    made = definition("city", "county")
    made["layers"]["addresses"][0] |= {"website": "https://example.org", "license": {"url": "https://example.org/l"}}
    made["layers"]["addresses"][1] |= {"data": [f"https://example.org/{n}" for n in range(9)]}
    links = read_links(row(json.dumps(made)), "us/ca/a")
    assert [(entry.layer, entry.name) for entry in links.entries] == [("addresses", "city"), ("addresses", "county")]
    assert links.entries[0].website == "https://example.org"
    assert links.entries[0].license is not None
    assert len(links.entries[1].data) == MAX_URLS
    assert (links.more, links.file) == (0, "")


def test_links_of_many_entries_are_cut() -> None:
    links = read_links(row(json.dumps(definition(*(f"n{n}" for n in range(MAX_ENTRIES + 3))))), "us/ca/a")
    assert (len(links.entries), links.more) == (MAX_ENTRIES, 3)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"layers": 7}', "[" * 100_000, '{"schema": 2, "layers": {}}'])
def test_text_that_is_no_definition_has_no_links(text: str) -> None:
    assert read_links(row(text), "us/ca/a").entries == []


@pytest.mark.parametrize(
    ("source_url", "github", "expected"),
    [
        (
            f"https://raw.githubusercontent.com/a/b/{SHA}/sources/us/ca/x.json",
            None,
            f"https://github.com/a/b/blob/{SHA}/sources/us/ca/x.json",
        ),
        (
            "https://github.com/a/b/blob/feature/x/sources/us/x.json",
            None,
            "https://github.com/a/b/blob/feature/x/sources/us/x.json",
        ),
        ("", {"repository": "a/b", "sha": SHA}, f"https://github.com/a/b/blob/{SHA}/sources/us/ca/x.json"),
        ("https://example.org/sources/x.json", None, ""),
        ("javascript:alert(1)//https://github.com/a/b/blob/c/sources/x", None, ""),
        ("", {"repository": "a/b/../..", "sha": SHA}, ""),
        ("", {"repository": "a/b", "sha": "main"}, ""),
        ("", {"repository": 7, "sha": None}, ""),
        ("", ["a"], ""),
    ],
)
def test_file_url_is_at_github_or_empty(source_url: str, github: object, expected: str) -> None:
    assert file_url(source_url, github, "us/ca/x") == expected


@pytest.mark.parametrize(
    "github", [None, {}, {"sha": SHA}, {"repository": "a/b", "sha": "x" * 40}, {"repository": "a", "sha": SHA}]
)
def test_commit_url_without_an_origin_is_empty(github: object) -> None:
    assert commit_url(github) == ""


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)",
        " https://a",
        "https://a b",
        "ftp://a",
        "//a",
        "data:,x",
        "https://",
        'https://a"b',
        "https://a\n",
        None,
        7,
    ],
)
def test_web_url_of_anything_else_is_empty(value: object) -> None:
    assert web_url(value) == ""


def test_web_url_of_the_web_is_unchanged() -> None:
    assert web_url("HTTPS://example.org/a?b=c#d") == "HTTPS://example.org/a?b=c#d"


def test_source_crumbs_lead_to_each_part_of_the_name() -> None:
    assert source_crumbs("us/ca/a b") == [
        ("Data", "/data"),
        ("us", "/sources/us"),
        ("ca", "/sources/us/ca"),
        ("a b", "/sources/us/ca/a%20b"),
    ]
