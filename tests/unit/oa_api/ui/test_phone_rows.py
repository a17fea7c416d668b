"""The words of `phone` in ui.table: one for each column, each with a rule in the style."""

import re
from pathlib import Path

import pytest

from oa_api.ui.formatting import count_filled, short_number

_PACKAGE = Path(__file__).parents[4] / "services/api/src/oa_api"
_STYLE = (_PACKAGE / "static/app.css").read_text("utf-8")
_CALL = re.compile(r'ui\.table\([^\[]*\[(?P<columns>[^\]]*)\], "(?P<phone>[^"]*)"\)')
_LISTS = [
    (f"{path.parent.name}/{path.name}", match["columns"].count('"') // 2, match["phone"].split())
    for path in sorted((_PACKAGE / "templates").rglob("*.html"))
    for match in _CALL.finditer(path.read_text("utf-8"))
]


def test_lists_are_found() -> None:
    assert len(_LISTS) > 30


def test_each_column_of_a_list_has_one_place_on_a_phone() -> None:
    assert [(name, columns, places) for name, columns, places in _LISTS if columns != len(places)] == []


def test_each_place_has_a_rule() -> None:
    used = {f".{place.rstrip('*')}-{column} " for _, _, places in _LISTS for column, place in enumerate(places, 1)}
    assert [place for place in sorted(used) if place not in _STYLE] == []


def test_a_row_is_at_most_one_link() -> None:
    assert [(name, places) for name, _, places in _LISTS if "".join(places).count("*") > 1] == []


_ANY, _A = '<option value="">any</option>', '<option value="a">a</option>'
_SELECTED = '<option value="b" selected>b</option>'


@pytest.mark.parametrize(
    ("fields", "filled"),
    [
        ('<input name="a" value="">', 0),
        ('<input name="a" value="x"><input type="hidden" name="b" value="y">', 1),
        (f"<select>\n{_ANY}{_A}{_SELECTED}</select>", 1),
        (f"<select>\n{_ANY}{_A}</select>", 0),
        (f"<select>\n{_A}{_SELECTED}</select>", 0),
        (f"<select>{_ANY}</select><select>{_SELECTED}</select>", 0),
    ],
)
def test_fields_with_a_value_are_counted(fields: str, filled: int) -> None:
    assert count_filled(fields) == filled


_SHORT = {0: "0", 0.5: "0.5", 15: "15", 150: "150", 999: "999", 1000: "1k", 1500: "1.5k", 12345: "12k", 800_000: "800k"}


@pytest.mark.parametrize(("value", "text"), [*_SHORT.items(), (999_999, "1M"), (1_234_567, "1.2M"), (5e9, "5G")])
def test_numbers_of_an_axis_are_short(value: float, text: str) -> None:
    assert short_number(value) == text
