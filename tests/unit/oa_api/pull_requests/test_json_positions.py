"""The line of each value in a JSON text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_api.pull_requests.json_positions import line_of, lines_of

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
    assert line_of(lines_of(TEXT), pointer) == line


def test_lines_of_a_very_deep_text_are_found_without_recursion() -> None:
    depth = 20_000
    assert len(lines_of("[" * depth + "]" * depth)) == depth


@given(_VALUES)
def test_every_value_of_any_document_has_a_line_and_the_lines_grow(value: Any) -> None:
    text = json.dumps(value, indent=1)
    lines = lines_of(text)
    assert list(lines) == list(_pointers(value, ""))
    assert list(lines.values()) == sorted(lines.values())


@given(_VALUES)
def test_line_of_a_member_is_the_line_of_its_key(value: Any) -> None:
    text = json.dumps({"before": value, "the key": 1}, indent=1)
    place = next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(' "the key"'))
    assert lines_of(text)["/the key"] == place


def _pointers(value: Any, pointer: str) -> Any:
    yield pointer
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _pointers(inner, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")
