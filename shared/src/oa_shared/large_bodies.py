"""Work on a body of any size without holding up the event loop: above one bound, in a thread.

Decoding, hashing and converting take milliseconds for each megabyte, during which no other request is served. The
bound is here only. A thread helps where the work lets go of the interpreter lock: hashing does, and the
decoder does after each object, because it calls `_take_turns`.
"""

import asyncio
import json
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from oa_shared.errors import OaError
from oa_shared.json_types import JsonObject

# What takes the loop a few milliseconds at most.
MAX_ON_LOOP_BYTES = 256 * 1024
# A thread decodes an array of as many values in some 20 ms without a pause.
MAX_LARGE_VALUES = 400_000
_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


class TooManyValuesError(OaError):
    """A text has more values than its reader takes: each value costs far more memory and time than its text."""

    code = "too_many_values"
    title = "Too many values."


def check_values(text: str | bytes, max_values: int) -> None:
    """Raise TooManyValuesError for a text with more commas and opening brackets: counting them reads no JSON."""
    if isinstance(text, bytes):
        count = text.count(b",") + text.count(b"[") + text.count(b"{")
    else:
        count = text.count(",") + text.count("[") + text.count("{")
    if count > max_values:
        raise TooManyValuesError(f"{count:,} commas and brackets, the limit is {max_values:,}")


async def run_by_size(
    size_bytes: int,
    function: Callable[_Parameters, _Result],
    *args: _Parameters.args,
    **options: _Parameters.kwargs,
) -> _Result:
    """Return the result of a function that works on `size_bytes`; above the bound it runs in another thread."""
    if size_bytes <= MAX_ON_LOOP_BYTES:
        return function(*args, **options)
    return await asyncio.to_thread(function, *args, **options)


async def decode_json(body: str | bytes) -> object:
    """Return the value of a JSON text. Raises ValueError, RecursionError, and TooManyValuesError for a large one."""
    return await run_by_size(len(body), _decode, body)


def _decode(body: str | bytes) -> object:
    if len(body) <= MAX_ON_LOOP_BYTES:
        return json.loads(body)
    check_values(body, MAX_LARGE_VALUES)
    return json.loads(body, object_hook=_take_turns)


def _take_turns(value: JsonObject) -> JsonObject:
    """Return the value: a call of Python code is where other threads get the interpreter lock."""
    return value
