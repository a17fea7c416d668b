"""What a definition changes in an entry, compared with the definition of the published data."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

_MAX_CHANGES, _MAX_SHOWN = 50, 200
_MISSING = object()


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """A member of an entry that differs; `path` is below the entry, None is a member that is missing."""

    path: str
    before: str | None
    now: str | None


def compare_entries(before: str, now: str, layer: str, name: str) -> list[DefinitionChange] | None:
    """Return the first 50 changes of an entry; None if either definition has no such entry.

    Decodes both texts, which must be definitions that have run.
    """
    old, new = _find_entry(before, layer, name), _find_entry(now, layer, name)
    if old is None or new is None:
        return None
    return list(islice(_compare(old, new, ""), _MAX_CHANGES))


def _find_entry(text: str, layer: str, name: str) -> dict[str, object] | None:
    value: object = json.loads(text)
    layers = value.get("layers") if isinstance(value, dict) else None
    known = layers.get(layer) if isinstance(layers, dict) else None
    entries = known if isinstance(known, list) else []
    return next((item for item in entries if isinstance(item, dict) and item.get("name") == name), None)


def _compare(old: object, new: object, path: str) -> Iterator[DefinitionChange]:
    """Yield the changes of two values; the depth of a definition is bounded."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _compare(old.get(key, _MISSING), new.get(key, _MISSING), f"{path}/{key}")
    elif not _is_same(old, new):
        yield DefinitionChange(path, _show(old), _show(new))


def _is_same(old: object, new: object) -> bool:
    """Return whether two values are the same JSON, in which true is not 1."""
    if old is _MISSING or new is _MISSING:
        return old is new
    return json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


def _show(value: object) -> str | None:
    if value is _MISSING:
        return None
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
