"""Values in messages: JSON, not Python."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oa_shared.schema_violations import violations
from oa_shared.value_text import plain, plural, quote_value

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("abc", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", max_size=2), inner, max_size=3),
)
PYTHON = ("True", "False", "None", "['", "{'")


@given(JSON)
def test_plain_text_of_a_value_has_no_python(value: Any) -> None:
    assert not any(word in plain(value) for word in PYTHON)


@given(JSON)
def test_quoted_value_is_json_or_a_quoted_text(value: Any) -> None:
    assert quote_value(value) == repr(value) if isinstance(value, str) else json.loads(quote_value(value)) == value


SCHEMAS: tuple[dict[str, Any], ...] = (
    {"type": "string"},
    {"type": ["string", "object"], "minProperties": 9},
    {"enum": ["a", None, True]},
    {"const": "zzzz"},
    {"type": "array", "items": {"type": "number"}, "minItems": 9, "uniqueItems": True},
    {"not": {}, "description": "it is never allowed"},
    {"anyOf": [{"type": "string", "minLength": 9}, {"type": "object", "required": ["q"]}]},
    {"type": "object", "additionalProperties": {"enum": [False]}},
)


@given(JSON, st.sampled_from(SCHEMAS))
def test_violation_quotes_values_as_json(value: Any, schema: dict[str, Any]) -> None:
    for _, message in violations(value, schema, most=5):
        assert not any(word in message for word in PYTHON), message


def test_noun_agrees_with_the_last_number() -> None:
    counts = (0, 1, 2, 1001, "1", "1 of 1", "1 of 21", "11", 1.5)
    assert [plural(count, "job") for count in counts] == [
        *("0 jobs", "1 job", "2 jobs", "1,001 jobs", "1 job", "1 of 1 job", "1 of 21 jobs", "11 jobs", "1.5 jobs"),
    ]
    assert plural(2, "entry", "entries") == "2 entries"
