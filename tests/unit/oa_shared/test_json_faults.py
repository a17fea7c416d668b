"""Faults of JSON: each message of the decoder has words of its own, with the place."""

import json
import re

import pytest

from oa_shared.json_faults import describe_json_fault

FAULTS = {
    '{\n"a": 1\n"b": 2}': "line 3, column 1: a comma or a closing bracket is missing before this place",
    '{"a" 1}': "line 1, column 6: a colon is missing",
    '{"a": 1,}': "before a closing brace",
    "{'a': 1}": "a key in double quotes is missing",
    "[1,]": "no comma before a closing bracket",
    '{"a": yes}': "write texts in double quotes",
    '{"a": 1}}': "text follows the end",
    '{"a": "b}': "has no closing quote",
    '{"a": "b\n"}': "a text has a line break",
    r'{"a": "\d+"}': "double the backslash",
    r'{"a": "\u12"}': "four hexadecimal digits",
    "": "a value is missing",
}


@pytest.mark.parametrize(("text", "words"), FAULTS.items(), ids=range(len(FAULTS)))
def test_fault_has_a_place_and_a_remedy(text: str, words: str) -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(text)
    said = describe_json_fault(caught.value)
    # Newer decoders name a trailing comma.
    assert words in said or "remove the comma before the closing" in said
    assert re.match(r"line \d+, column \d+: ", said)
    assert caught.value.msg not in said, "the words of the decoder"


def test_other_errors_keep_their_message() -> None:
    assert describe_json_fault(ValueError("NaN is not JSON")) == "NaN is not JSON"
