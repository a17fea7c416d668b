"""Whether decoded JSON has the shape of a TypedDict: a server of another version, or no API, answers otherwise."""

import types
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NotRequired, Required, Union, get_args, get_origin, get_type_hints, is_typeddict


def find_shape_fault(value: object, hint: object, place: str = "") -> str | None:
    """Return the place of the first value that is not as its type hint says, such as `jobs.0.id`, or None.

    A newer server may send keys that the type lacks.
    """
    if is_typeddict(hint):
        return _find_object_fault(value, hint, place)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return None if None in {find_shape_fault(value, each, place) for each in arguments} else place
    if origin in (list, Sequence):
        items: Iterable[tuple[object, object]] | None = enumerate(value) if isinstance(value, list) else None
        return _find_member_fault(items, arguments[0], place)
    if origin in (dict, Mapping):
        items = value.items() if isinstance(value, dict) else None
        return _find_member_fault(items, arguments[1], place)
    return None if _is_plain(value, hint) else place


def _find_member_fault(items: Iterable[tuple[object, object]] | None, hint: object, place: str) -> str | None:
    """Return the place of the first faulty member; that of the container if it is none."""
    if items is None:
        return place
    faults = (find_shape_fault(item, hint, f"{place}.{key}".removeprefix(".")) for key, item in items)
    return next((fault for fault in faults if fault is not None), None)


def _find_object_fault(value: object, hint: object, place: str) -> str | None:
    if not isinstance(value, dict):
        return place
    required: frozenset[str] = getattr(hint, "__required_keys__", frozenset())
    for key, member in _members(hint).items():
        inner = f"{place}.{key}".removeprefix(".")
        if key not in value:
            if key in required:
                return inner
            continue
        if (fault := find_shape_fault(value[key], member, inner)) is not None:
            return fault
    return None


@cache
def _members(hint: object) -> Mapping[str, object]:
    """Return the type hints of the keys, without the marks of optional ones."""
    hints = get_type_hints(hint, include_extras=True)
    return {
        key: get_args(member)[0] if get_origin(member) in (NotRequired, Required) else member
        for key, member in hints.items()
    }


def _is_plain(value: object, hint: object) -> bool:
    if hint is object:
        return True
    if hint is None or hint is type(None):
        return value is None
    if hint is float:
        return isinstance(value, int | float)
    return isinstance(value, hint) if isinstance(hint, type) else True
