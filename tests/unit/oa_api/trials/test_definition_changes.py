"""Changes of an entry against the published definition."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oa_api.trials.definition_changes import DefinitionChange, compare_entries

_LEAVES = st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text("xy", min_size=1, max_size=2), inner, max_size=3)
    ),
)
_CONFORMS = st.dictionaries(st.text("xy", min_size=1, max_size=2), _VALUES, max_size=4)


def text(conform: Any, name: str = "city") -> str:
    return json.dumps({"schema": 2, "layers": {"addresses": [{"name": name, "conform": conform}]}})


def test_changed_added_and_removed_members_are_named() -> None:
    before = {"number": "NO", "street": {"function": "join", "fields": ["A", "B"]}, "unit": "U", "x": 1}
    now = {"number": "HOUSE_NO", "street": {"function": "join", "fields": ["A"]}, "city": "C", "x": True}

    assert compare_entries(text(before), text(now), "addresses", "city") == [
        DefinitionChange("/conform/number", '"NO"', '"HOUSE_NO"'),
        DefinitionChange("/conform/street/fields", '["A", "B"]', '["A"]'),
        DefinitionChange("/conform/unit", '"U"', None),
        DefinitionChange("/conform/x", "1", "true"),
        DefinitionChange("/conform/city", None, '"C"'),
    ]


def test_missing_entry_has_no_comparison() -> None:
    assert compare_entries(text({}, "other"), text({}), "addresses", "city") is None
    assert compare_entries("[]", text({}), "addresses", "city") is None


@given(_CONFORMS, _CONFORMS)
def test_there_are_changes_exactly_if_the_entries_differ(before: dict[str, Any], now: dict[str, Any]) -> None:
    changes = compare_entries(text(before), text(now), "addresses", "city")

    differs = json.dumps(before, sort_keys=True) != json.dumps(now, sort_keys=True)
    assert bool(changes) == differs
    back = compare_entries(text(now), text(before), "addresses", "city")
    assert {(change.path, change.before, change.now) for change in changes or []} == {
        (change.path, change.now, change.before) for change in back or []
    }
