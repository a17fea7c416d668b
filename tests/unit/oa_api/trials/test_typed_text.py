"""Names in URLs, pointers in messages, line ends, limits."""

import pytest

from oa_api.http.errors import InvalidError
from oa_api.jobs.definition_view import readable_text
from oa_api.settings import Settings
from oa_api.trials.github_links import edit_url, is_in_repository, new_file_url
from oa_api.trials.typed_text import (
    MAX_TEXT_BYTES,
    check_typed_text,
    name_in_url,
    restore_line_ends,
)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/openaddresses/openaddresses/blob/master/sources/us/ca/berkeley.json", "us/ca/berkeley"),
        ("https://raw.githubusercontent.com/o/r/abc/sources/de/berlin.json?token=1", "de/berlin"),
        ("https://example.org/berkeley.json", ""),
        ("https://example.org/sources/\x01.json", ""),
        ("", ""),
    ],
)
def test_name_in_url_is_the_path_below_sources(url: str, name: str) -> None:
    assert name_in_url(url) == name


def test_line_ends_are_restored_and_a_single_line_is_broken() -> None:
    assert restore_line_ends("{\r\n\r\n}") == "{\n\n}"
    assert readable_text('{"a": ["ü"]}') == '{\n  "a": [\n    "ü"\n  ]\n}'
    assert readable_text('{"a":\n1}') == '{"a":\n1}'


def test_check_typed_text_bounds_bytes_and_refuses_nul() -> None:
    check_typed_text("ü" * (MAX_TEXT_BYTES // 2))
    with pytest.raises(InvalidError, match="limit 524,288 bytes"):
        check_typed_text("ü" * (MAX_TEXT_BYTES // 2) + "a")
    with pytest.raises(InvalidError, match="line 3 has a NUL"):
        check_typed_text("\n\n\0")


@pytest.mark.parametrize(
    ("repository", "branch", "name", "expected"),
    [
        ("https://github.com/o/r", "", "us/ca/x", "https://github.com/o/r/edit/HEAD/sources/us/ca/x.json"),
        ("https://github.com/o/r.git", "main", "us/a b", "https://github.com/o/r/edit/main/sources/us/a%20b.json"),
        ("https://github.com/o/r", "", "inline/0123", None),
        ("https://github.com/o/r", "", "", None),
        ("/folder", "", "us/ca/x", None),
    ],
)
def test_edit_url_is_that_of_the_file(repository: str, branch: str, name: str, expected: str | None) -> None:
    settings = settings_of(repository, branch)
    assert edit_url(settings, name) == expected
    assert (new_file_url(settings, name) is None) == (expected is None)


def test_form_for_a_new_file_has_a_text_that_is_short_enough() -> None:
    settings = settings_of("https://github.com/o/r", "main")
    link = "https://github.com/o/r/new/main/sources/us/ca?filename=a%20b.json"
    assert new_file_url(settings, "us/ca/a b") == link
    assert new_file_url(settings, "us/ca/a b", '{"a": 1&2}\n') == f"{link}&value=%7B%22a%22%3A%201%262%7D%0A"
    assert new_file_url(settings, "us/ca/a b", "ü" * 2_000) == link


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://raw.githubusercontent.com/o/r/main/sources/us/x.json", True),
        ("https://github.com/o/r/blob/main/sources/us/x.json", True),
        ("https://github.com/o/r2/blob/main/sources/us/x.json", False),
        ("https://example.org/x.json", False),
        (None, False),
    ],
)
def test_file_of_the_repository_is_known_by_its_url(url: str | None, *, expected: bool) -> None:
    assert is_in_repository(settings_of("https://github.com/o/r.git", ""), url) is expected


def settings_of(repository: str, branch: str) -> Settings:
    return Settings(
        database_url="",
        shared_secret="",
        bucket="",
        jobs_queue_url="",
        results_queue_url="",
        sources_repository=repository,
        sources_branch=branch,
    )
