"""Decoding untrusted JSON: within a bounded time, and with the same verdict as a search of the whole value."""

import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_api.http.safe_json import (
    MAX_VALUES,
    NotJsonError,
    UnstorableError,
    check_storable,
    decode,
)
from oa_shared.large_bodies import TooManyValuesError

_MIB = 1024 * 1024
# Bodies of a megabyte, each the worst of its kind. A twentieth of a second is the goal on an idle machine.
WORST = {
    "small lists": b"[" + b"[]," * 9_990 + b"1]",
    "nested lists": b"[" * 10_000 + b"]" * 10_000,
    "escaped quotes": b'"' + b'\\"' * (_MIB // 2) + b'"',
    "escaped letters": b'"' + b"\\u00e9" * (_MIB // 6) + b'"',
    "escaped NUL at the end": b"[" + b'"x",' * 19_000 + b'"\\u0000"]',
    "many keys": json.dumps({f"{place:200}": 0 for place in range(5_000)}).encode(),
    "long whole numbers": b"[" + (b"9" * 4_300 + b",") * 230 + b"1]",
    "a long number": b"0." + b"9" * _MIB,
    "another encoding": ('"' + "é" * (_MIB // 2) + '"').encode("utf-16"),
    "more values than allowed": b"[" + b"[]," * (_MIB // 3) + b"1]",
}
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["\ud800", "\udfff", "a\0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize("name", WORST)
def test_worst_body_of_a_megabyte_keeps_the_loop_for_a_moment(name: str) -> None:
    started = time.process_time()
    with suppress(NotJsonError, TooManyValuesError, UnstorableError):
        decode(WORST[name])
    assert time.process_time() - started < 0.15


@given(_VALUES)
def test_decode_refuses_what_cannot_be_stored_and_nothing_else(value: Any) -> None:
    text = json.dumps(value)
    reason = _refusal(lambda: check_storable(json.loads(text)))
    outside_texts = re.sub(r'"(?:\\.|[^"\\])*"', "", text)
    if "NaN" in outside_texts or "Infinity" in outside_texts:
        assert _refusal(lambda: decode(text)) is not None
    else:
        assert _refusal(lambda: decode(text)) == reason
        assert reason is not None or decode(text) == decode(text.encode()) == value


def _refusal(read: Callable[[], object]) -> str | None:
    try:
        read()
    except (UnstorableError, NotJsonError) as error:
        return error.detail
    return None


@pytest.mark.parametrize("text", ["[1e999]", '{"a": -1e400}', "1" + "0" * 400 + ".5"])
def test_number_that_no_float_holds_is_refused(text: str) -> None:
    with pytest.raises(UnstorableError, match="is not a number"):
        decode(text)


@pytest.mark.parametrize(
    "write", [lambda point: f"\\u{point:04x}", lambda point: f"\\u{point:04X}", chr], ids=["lower", "upper", "raw"]
)
def test_nul_and_half_characters_alone_are_refused_wherever_they_are(write: Callable[[int], str]) -> None:
    for point in (0, *range(0xD800, 0xE000), 0x7F, 0xD7FF, 0xE000, 0xFDD0, 0xFFFD, 0xFFFE, 0xFFFF):
        is_refused = point == 0 or 0xD800 <= point < 0xE000
        for text in (f'["{write(point)}"]', f'{{"{write(point)}": 1}}'):
            for form in (text, text.encode("utf-8", "surrogatepass")):
                assert (_refusal(partial(decode, form)) is not None) == is_refused, hex(point)


def test_values_up_to_the_limit_are_accepted() -> None:
    assert len(decode(json.dumps([0] * MAX_VALUES))) == MAX_VALUES  # type: ignore[arg-type]
    with pytest.raises(TooManyValuesError):
        decode(json.dumps([0] * (MAX_VALUES + 1)))
