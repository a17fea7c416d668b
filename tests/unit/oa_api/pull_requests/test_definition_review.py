"""Which entries of a changed definition get jobs, and the findings in invalid definitions."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from oa_api.pull_requests.changed_sources import SourceChange, source_paths
from oa_api.pull_requests.definition_review import Review, review
from support.running_api import definition

PATH = "sources/us/ca/town.json"


def change(before: Any, after: Any, *, path: str = PATH, problem: str = "") -> SourceChange:
    texts = [each if each is None or isinstance(each, str) else json.dumps(each, indent=1) for each in (before, after)]
    return SourceChange(path, path[8:-5], texts[0], texts[1], problem)


def review_change(before: Any, after: Any, **more: str) -> Review:
    return review(change(before, after, **more), url="https://example.org/town")


def names(result: Review) -> list[str]:
    return [job.name for job in result.jobs]


def edit_definition(edit: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Return the definition of two towns, edited."""
    made: dict[str, Any] = json.loads(json.dumps(definition("a", "b")))
    edit(made)
    return made


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda made: made.copy(), []),
        (lambda made: made["layers"]["addresses"].reverse(), []),
        (lambda made: made["layers"]["addresses"][1].update(data="http://x/new"), ["b"]),
        (lambda made: made["layers"]["addresses"][1]["conform"].update(number="N"), ["b"]),
        (lambda made: made["layers"]["addresses"][0].update(license={"url": "http://x"}), ["a"]),
        (lambda made: made["layers"]["addresses"].append({**made["layers"]["addresses"][0], "name": "c"}), ["c"]),
        (lambda made: made.update(coverage={"country": "us"}), ["a", "b"]),
        (lambda made: made["layers"].update(parcels=[]), []),
    ],
)
def test_only_entries_that_differ_get_jobs(edit: Callable[..., None], expected: list[str]) -> None:
    assert names(review_change(definition("a", "b"), edit_definition(edit))) == expected


@pytest.mark.parametrize("before", [None, "not JSON", "{}", '{"schema": 1}', "[" * 5000, '"\\u0000"'])
def test_every_entry_gets_a_job_when_there_was_no_usable_definition_before(before: str | None) -> None:
    assert names(review_change(before, definition("a", "b"))) == ["a", "b"]


def test_layout_and_order_of_keys_are_ignored() -> None:
    shuffled = json.dumps(dict(reversed(definition("a").items())), separators=(",", ":"))
    assert names(review_change(definition("a"), shuffled)) == []


def test_removed_entry_is_listed_and_has_no_job() -> None:
    result = review_change(definition("a", "b"), definition("b"))
    assert result.removed == ["us/ca/town/addresses/a"]
    assert names(result) == []


def test_deleted_file_lists_all_of_its_entries() -> None:
    assert review_change(definition("a", "b"), None).removed == ["us/ca/town/addresses/a", "us/ca/town/addresses/b"]


def test_job_has_its_definition_and_the_line_of_its_entry() -> None:
    result = review_change(None, definition("a", "b"))
    lines = json.dumps(definition("a", "b"), indent=1).splitlines()
    second = [number for number, line in enumerate(lines, 1) if line == "   {"][1]
    assert result.lines["us/ca/town/addresses/b"] == (PATH, second)
    assert result.jobs[0].source_url == "https://example.org/town"


@pytest.mark.parametrize(
    ("after", "line", "expected"),
    [
        ('{"schema": 2,\n\n oops}', 3, "not JSON"),
        ('{"schema": 2, "coverage": NaN}', 1, "not JSON"),
        ('{"schema": 2,\n "coverage": {"a": "\\u0000"}}', 2, "NUL"),
        ('{\n\n"schema": 1}', 3, "schema 1 is not supported"),
        ("[]", 1, "JSON object"),
        ("[" * 100_000, 1, "not JSON"),
    ],
)
def test_invalid_definition_has_a_finding_with_its_line(after: str, line: int, expected: str) -> None:
    (finding,) = review_change(definition("a"), after).findings
    assert finding.line == line
    assert expected in finding.message


def test_repeated_name_is_a_warning_and_the_first_entry_gets_the_job() -> None:
    result = review_change(None, definition("a", "a"))
    assert [(finding.level, finding.pointer) for finding in result.findings] == [
        ("warning", "/layers/addresses/1/name")
    ]
    assert names(result) == ["a"]


def test_unreadable_file_has_a_finding_and_removes_nothing() -> None:
    result = review_change(definition("a"), None, problem="the file is not UTF-8")
    assert [finding.message for finding in result.findings] == ["the file is not UTF-8"]
    assert result.removed == []


@pytest.mark.parametrize(
    "path", ["sources/us/../x.json", "sources/a b.json", "sources/.hidden.json", "sources/\n.json"]
)
def test_path_that_cannot_name_a_source_is_a_finding(path: str) -> None:
    result = review_change(None, definition("a"), path=path)
    assert len(result.findings) == 1
    assert result.jobs == []


def test_source_paths_are_definitions_only() -> None:
    paths = ["sources/us/a.json", "README.md", "sources/us/a.geojson", "x/sources/a.json", "sources/\ud800.json"]
    assert source_paths(paths) == ["sources/us/a.json"]
