import json
import time
from contextlib import suppress

import pytest

from oa_api.jobs.definition_view import MAX_LINE_CHARACTERS, MAX_LINES, Line, readable_text, view_definition

MANY_FIELDS = {f"f{place}": 1 for place in range(40_000)}
ENTRIES = [{"name": "city", "data": "a"}, {"name": "county", "data": "b", "conform": {"number": ["x"]}}]
TEXT = json.dumps({"schema": 2, "layers": {"parcels": ENTRIES, "addresses": ENTRIES}})


def mark_lines(text: str, layer: str, name: str) -> list[Line]:
    with suppress(ValueError, RecursionError):
        text = readable_text(text)
    return view_definition(text, layer, name).lines


def marked_texts(text: str, layer: str, name: str) -> list[str]:
    return [line.text.strip() for line in mark_lines(text, layer, name) if line.is_mine]


def test_definition_marks_the_lines_of_the_entry_in_its_layer() -> None:
    lines = mark_lines(TEXT, "addresses", "county")
    mine = [place for place, line in enumerate(lines) if line.is_mine]
    assert json.loads("".join(lines[place].text for place in mine)) == ENTRIES[1]
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    assert mine[0] > next(place for place, line in enumerate(lines) if '"addresses"' in line.text)


def test_definition_without_the_entry_marks_nothing() -> None:
    assert marked_texts(TEXT, "addresses", "nobody") == marked_texts(TEXT, "buildings", "city") == []


def test_definition_with_invalid_json_is_shown_unchanged() -> None:
    assert [line.text for line in mark_lines("not\njson", "addresses", "city")] == ["not", "json"]


def test_definition_of_another_shape_marks_nothing() -> None:
    for text in (
        "[]",
        '{"layers": []}',
        '{"layers": {"addresses": {"name": "city"}}}',
        '{"layers": {"addresses": [1]}}',
    ):
        assert marked_texts(text, "addresses", "city") == []


@pytest.mark.parametrize("value", [{}, [], {"a": []}, {"layers": {"addresses": [{"name": "a", "b": [1, {"c": {}}]}]}}])
def test_definition_has_as_many_lines_as_its_text_with_indents(value: object) -> None:
    lines = json.dumps(value, indent=2).splitlines()
    view = view_definition(readable_text(json.dumps(value)), "addresses", "a")
    assert ([line.text for line in view.lines], view.before, view.after) == (lines, 0, 0)


def test_entry_far_down_is_shown_instead_of_the_first_lines() -> None:
    entries = [{"name": f"n{place}", "data": ["x"] * 100} for place in range(100)]
    text = json.dumps({"schema": 2, "layers": {"addresses": entries}}, indent=2)
    view = view_definition(text, "addresses", "n90")
    assert json.loads("".join(line.text for line in view.lines).rstrip(",")) == entries[90]
    assert (
        text.splitlines()[view.before : view.before + len(view.lines)][:-1] == [line.text for line in view.lines][:-1]
    )
    assert view.before + len(view.lines) + view.after == len(text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(
            {"layers": {"addresses": [{"name": name, "conform": {f"f{i}": 1 for i in range(40_000)}} for name in "ab"]}}
        ),
        json.dumps({"layers": {"addresses": [{"name": "b", "data": "x" * 2_000_000}]}}),
        "[" * 900_000,
        "\n" * 900_000,
    ],
    ids=["many fields", "a long text", "deep", "empty lines"],
)
def test_view_of_a_hostile_definition_is_short_and_fast(text: str) -> None:
    started = time.process_time()
    with suppress(ValueError, RecursionError):
        text = readable_text(text)
    view = view_definition(text, "addresses", "b")
    assert time.process_time() - started < 1
    assert len(view.lines) <= MAX_LINES
    assert max(len(line.text) for line in view.lines) <= MAX_LINE_CHARACTERS + 1


def test_definition_keeps_the_layout_of_its_author() -> None:
    text = '{ "schema": 2,\n\n   "layers": {"addresses": [{"name": "a",\r\n "data": "b"}]}\n}\n'
    view = view_definition(readable_text(text), "addresses", "a", [4])
    assert [line.text for line in view.lines] == [line.removesuffix("\r") for line in text.split("\n")[:-1]]
    assert [line.number for line in view.lines if line.is_mine] == [3, 4]
    assert [line.number for line in view.lines if line.is_faulty] == [4]
    assert [line.number for line in view.quote()] == [2, 3, 4, 5]
