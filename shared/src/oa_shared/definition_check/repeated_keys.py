"""Keys that a JSON text has twice in one object: readers keep the last value, and the other one is lost unseen."""

import json
from collections import Counter
from collections.abc import Iterator

from oa_shared.definition_check.findings import LintFinding, child_pointer, warning
from oa_shared.json_types import JsonObject


class _Repeating(dict[str, object]):
    """An object with the keys that its text has more than once."""

    repeated: tuple[str, ...] = ()


def check_repeated_keys(text: str) -> Iterator[LintFinding]:
    """Yield a warning for each key that an object of a JSON text has more than once.

    Raises ValueError for a text that is not JSON, RecursionError for one that is nested too deeply.
    """
    yield from _find("", json.loads(text, object_pairs_hook=_decode))


def _decode(pairs: list[tuple[str, object]]) -> JsonObject:
    value = _Repeating(pairs)
    if len(value) < len(pairs):
        value.repeated = tuple(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
    return value


def _find(pointer: str, value: object) -> Iterator[LintFinding]:
    if isinstance(value, _Repeating):
        for key in value.repeated:
            text = f"{key!r} occurs more than once: the last one counts"
            yield warning(child_pointer(pointer, key), "repeated_key", text)
        for key, member in value.items():
            yield from _find(child_pointer(pointer, key), member)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _find(child_pointer(pointer, index), member)
