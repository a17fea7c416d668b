"""What SQS, the environment of a container, Postgres and a name take, for each class of characters."""

import json
import os
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_shared.carriers import (
    MAX_OVERRIDE_CHARACTERS,
    MAX_QUEUE_BYTES,
    clean_text,
    message_bytes,
    why_not_in_environment,
    why_not_name,
    why_not_queued,
)
from oa_shared.postgres_json import clean_json, why_not_storable
from oa_shared.queue import ReceivedMessage, dead_letter_attributes
from oa_shared.source_definition import validate_definition
from support.character_classes import CHARACTER_CLASSES

# The set that AWS documents for SendMessage, as ranges.
QUEUE_RANGES = ((0x9, 0xA), (0xD, 0xD), (0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x10FFFF))
CLASSES = pytest.mark.parametrize("name", CHARACTER_CLASSES)
any_text = st.text(st.characters(exclude_categories=()), max_size=40)


def is_in_queue_ranges(text: str) -> bool:
    return all(any(low <= ord(char) <= high for low, high in QUEUE_RANGES) for char in text)


@CLASSES
def test_why_not_queued_takes_exactly_the_documented_characters(name: str) -> None:
    for char in CHARACTER_CLASSES[name]:
        assert (why_not_queued(f"a{char}", {}) is None) == is_in_queue_ranges(char)
        assert (why_not_queued("a", {"reason": f"a{char}"}) is None) == is_in_queue_ranges(char)


@given(any_text.filter(bool))
def test_why_not_queued_of_any_text_is_the_documented_set(text: str) -> None:
    assert (why_not_queued(text, {}) is None) == is_in_queue_ranges(text)


@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        ({"reason": ""}, "empty"),
        ({f"a{number}": "x" for number in range(11)}, "11 attributes"),
        ({"AWS.x": "x"}, "invalid"),
        ({"a b": "x"}, "invalid"),
        ({"": "x"}, "invalid"),
    ],
)
def test_why_not_queued_names_the_attribute(attributes: dict[str, str], word: str) -> None:
    assert word in str(why_not_queued("a", attributes))


def test_why_not_queued_counts_bytes_of_body_and_attributes() -> None:
    room = MAX_QUEUE_BYTES - message_bytes("", {"reason": "é"})
    assert why_not_queued("x" * room, {"reason": "é"}) is None
    assert "the limit is 262144" in str(why_not_queued("x" * (room + 1), {"reason": "é"}))
    assert why_not_queued("é" * (MAX_QUEUE_BYTES // 2), {}) is None
    assert why_not_queued("é" * (MAX_QUEUE_BYTES // 2 + 1), {}) is not None


@CLASSES
def test_environment_that_is_taken_arrives_unchanged_in_a_process(name: str) -> None:
    value = CHARACTER_CLASSES[name]
    if why_not_in_environment({"OA_NAME": value}) is not None:
        assert re.search("[\0\ud800-\udfff]", value)
        return
    script = "import json, os; print(json.dumps(os.environ['OA_NAME']))"
    environ = {**os.environ, "OA_NAME": value}
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, check=True)
    assert json.loads(done.stdout) == value


@pytest.mark.parametrize("char", ["x", "é", "\uffff", "🏠", '"'])
def test_environment_takes_as_many_characters_as_the_overrides_may_have(char: str) -> None:
    def overrides(value: str) -> int:
        return len(json.dumps({"environment": [{"name": "OA_NAME", "value": value}]}))

    most = (MAX_OVERRIDE_CHARACTERS - overrides("")) // (overrides(char) - overrides(""))
    assert why_not_in_environment({"OA_NAME": char * most}) is None
    assert "OA_NAME is the longest" in str(why_not_in_environment({"OA_NAME": char * (most + 1)}))


@pytest.mark.parametrize("name", ["", "A=B", "1A", "AWS_BATCH_JOB_ID", "A B", "A\n"])
def test_environment_with_an_invalid_variable_name_is_refused(name: str) -> None:
    assert "name" in str(why_not_in_environment({name: "x"}))


@CLASSES
def test_clean_text_is_taken_by_every_carrier(name: str) -> None:
    cleaned = clean_text(CHARACTER_CLASSES[name])
    assert is_in_queue_ranges(cleaned)
    assert why_not_storable(cleaned) is None
    assert why_not_in_environment({"A": cleaned}) is None


@given(any_text, st.integers(3, 60))
def test_clean_text_fits_and_is_taken_by_every_carrier(text: str, max_bytes: int) -> None:
    cleaned = clean_text(text, max_bytes=max_bytes)
    assert len(cleaned.encode()) <= max_bytes
    assert is_in_queue_ranges(cleaned)
    assert why_not_storable(cleaned) is None
    assert clean_text(cleaned, max_bytes=max_bytes) == cleaned


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
)


@given(json_values)
def test_clean_json_can_be_stored(value: object) -> None:
    cleaned = clean_json(value)
    assert why_not_storable(cleaned) is None
    assert json.loads(json.dumps(cleaned, allow_nan=False)) == cleaned


def test_clean_json_keeps_what_can_be_stored() -> None:
    value = {"a": [1, 2.5, None, True, "é😀"], "b": {"c": 10**30}}
    assert clean_json(value) == value


@CLASSES
def test_name_of_an_entry_is_what_the_schema_of_definitions_takes(name: str) -> None:
    for char in CHARACTER_CLASSES[name]:
        if "\ud800" <= char <= "\udfff":  # decoding refuses them before the schema
            assert why_not_name(f"a{char}") is not None
            continue
        entry = {"name": f"a{char}", "data": "http://x/a.csv", "protocol": "http"}
        problems = validate_definition({"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}})
        assert (problems == []) == (why_not_name(f"a{char}") is None)


@pytest.mark.parametrize(("length", "is_name"), [(0, False), (1, True), (200, True), (201, False)])
def test_name_has_1_to_200_characters(length: int, *, is_name: bool) -> None:
    assert (why_not_name("x" * length) is None) == is_name


@CLASSES
def test_dead_letter_of_any_reason_is_taken_by_a_queue(name: str) -> None:
    message = ReceivedMessage("m", "body", "r", attributes={"word": "yes"})
    attributes = dead_letter_attributes(message, CHARACTER_CLASSES[name] * 1000)
    assert why_not_queued("body", attributes) is None
    assert attributes["word"] == "yes"
    assert 0 < len(attributes["reason"].encode()) <= 1000


@pytest.mark.parametrize(
    ("body", "attributes", "has_reason"),
    [
        ("x", {}, True),
        ("x", {f"a{number}": "x" for number in range(10)}, True),
        ("x", {"binary": "", "reason": "of an earlier move"}, True),
        ("x" * (MAX_QUEUE_BYTES - 10), {}, False),
        ("x" * (MAX_QUEUE_BYTES - 100), {}, True),
    ],
)
def test_dead_letter_of_any_message_is_taken_by_a_queue(
    body: str, attributes: dict[str, str], *, has_reason: bool
) -> None:
    moved = dead_letter_attributes(ReceivedMessage("m", body, "r", attributes=attributes), "not JSON" * 100)
    assert why_not_queued(body, moved) is None
    assert ("reason" in moved) == has_reason
    assert moved.get("reason", "not JSON").startswith("not JSON")
