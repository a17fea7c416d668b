"""The lines and columns of some values in a JSON text."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_shared.json_positions import TextPosition, find_lines, find_positions

TEXT = """{
  "schema": 2,
  "a/b": {"~": [
    "x\\"]}{",
    {"deep": null}
  ]}
}"""
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 1),
        ("/schema", 2),
        ("/a~1b", 3),
        ("/a~1b/~0", 3),
        ("/a~1b/~0/0", 4),
        ("/a~1b/~0/1", 5),
        ("/a~1b/~0/1/deep", 5),
        ("/a~1b/~0/1/missing/deeper", 5),
        ("/nothing", 1),
    ],
)
def test_line_of_pointer_is_that_of_the_value_or_of_the_value_around_it(pointer: str, line: int) -> None:
    assert find_lines(TEXT, [pointer]) == {pointer: line}


@pytest.mark.parametrize(
    ("pointer", "line", "column"),
    [("", 1, 1), ("/schema", 2, 3), ("/a~1b", 3, 3), ("/a~1b/~0", 3, 11), ("/a~1b/~0/0", 4, 5), ("/nothing", 1, 1)],
)
def test_position_of_pointer_has_the_column_of_the_key_or_item(pointer: str, line: int, column: int) -> None:
    assert find_positions(TEXT, [pointer]) == {pointer: TextPosition(line, column)}


@given(_VALUES, st.sampled_from([None, 0, 1, 7]))
def test_position_of_the_last_key_is_where_the_text_has_it(value: Any, indent: int | None) -> None:
    text = json.dumps({"before": value, "the key": 1}, indent=indent)
    position = find_positions(text, ["/the key"])["/the key"]
    assert text.splitlines()[position.line - 1][position.column - 1 :].startswith('"the key"')


def test_line_in_a_very_deep_text_is_found_without_recursion() -> None:
    depth = 20_000
    pointer = "/0" * (depth - 1)
    assert find_lines("[" * depth + "]" * depth, [pointer]) == {pointer: 1}


def test_long_key_with_many_children_takes_no_memory_for_each_of_them() -> None:
    key = "k" * 20_000
    text = json.dumps({key: [1] * 100_000, "last": 2})
    tracemalloc.start()
    lines = find_lines(text, ["/last", f"/{key}/99999"])
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lines == {"/last": 1, f"/{key}/99999": 1}
    assert peak_bytes < 4 * len(text)


@given(_VALUES)
def test_every_value_of_any_document_has_a_line_and_the_lines_grow(value: Any) -> None:
    text = json.dumps(value, indent=1)
    pointers = list(_pointers(value, ""))
    lines = find_lines(text, pointers)
    assert list(lines) == pointers
    assert list(lines.values()) == sorted(lines.values())


@given(_VALUES)
def test_line_of_a_member_is_the_line_of_its_key(value: Any) -> None:
    text = json.dumps({"before": value, "the key": 1}, indent=1)
    place = next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(' "the key"'))
    assert find_lines(text, ["/the key"])["/the key"] == place


def _pointers(value: Any, pointer: str) -> Any:
    yield pointer
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _pointers(inner, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")
