"""Faults of JSON: each message of the decoder has words of its own, with the place."""

import json
import re

import pytest

from oa_shared.json_faults import describe_json_fault

FAULTS = {
    '{\n"a": 1\n"b": 2}': "line 3, column 1: a comma or a closing bracket is missing before this place",
    '{"a" 1}': "line 1, column 6: a colon is missing",
    '{"a": 1,\n\n}': "remove the comma in line 1, before the closing brace",
    "{'a': 1}": "write the text in straight double quotes, not in '",
    '{"a": “b”}': "straight double quotes, not in “",
    "[1,]": "remove the comma in line 1, before the closing bracket",
    '{"a": 1,, "b": 2}': "remove one of the two commas",
    '// mine\n{"a": 1}': "JSON has no comments",
    '{"a": 1, # mine\n"b": 2}': "JSON has no comments",
    "{a: 1}": "a key in double quotes is missing",
    '{"a": yes}': "write texts in double quotes",
    '{"a": 1}}': "text follows the end",
    '{"a": "b}': "has no closing quote",
    '{"a": "b\n"}': "a text has a line break",
    r'{"a": "\d+"}': "double the backslash",
    r'{"a": "\u12"}': "four hexadecimal digits",
    "": "a value is missing",
    '{"a": [1, 2]\n': "the text ends too early: a closing bracket or brace is missing",
    '{"a": 1,': "the text ends too early",
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


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"a": 1}'.encode("utf-16"), "the text is not UTF-8 but UTF-16: save it as UTF-8"),
        ('{\n"a": "ü"}'.encode("latin-1"), "byte 8 is not UTF-8 (line 2): save the text as UTF-8"),
    ],
)
def test_text_in_another_encoding_has_a_remedy(body: bytes, words: str) -> None:
    with pytest.raises(UnicodeDecodeError) as caught:
        body.decode()
    assert describe_json_fault(caught.value) == words


def test_other_errors_keep_their_message() -> None:
    assert describe_json_fault(ValueError("NaN is not JSON")) == "NaN is not JSON"
