"""The lines of some values in a JSON text, without a memory of all the others."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_SYMBOL = re.compile(r'[{}\[\],:]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s{}\[\],:"]+', re.DOTALL)


@dataclass(slots=True)
class _Place:
    """A value whose line is requested, or one around it; `line` is None until it is found."""

    line: int | None = None
    parts: dict[str, "_Place"] = field(default_factory=dict)


@dataclass(slots=True)
class _Container:
    """An object or array that is open while the text is scanned; `index` counts its members so far.

    `place` is None in containers without a requested value; `member` is the place of the current member.
    """

    place: _Place | None
    is_object: bool
    index: int = 0
    has_key: bool = False
    member: _Place | None = None

    def enter(self, key: str, line: int) -> None:
        """Begin the member of a key, or of an index; of repeated keys, the last one counts."""
        self.member = self.place.parts.get(key) if self.place is not None else None
        if self.member is not None:
            self.member.line = line


def find_lines(text: str, pointers: Iterable[str]) -> dict[str, int]:
    """Return the line (from 1) on which each of some values of a valid JSON text begins, by JSON pointer (RFC 6901).

    For a member of an object it is the line of its key; a value that does not exist has the line of the nearest one
    around it. Nesting has no limit. Memory grows with the pointers and the nesting, not with the text.
    """
    requested = dict.fromkeys(pointers)
    root = _Place()
    for pointer in requested:
        _add(root, pointer)
    _scan(text, root)
    return {pointer: _line(root, pointer) for pointer in requested}


def _split(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _add(root: _Place, pointer: str) -> None:
    place = root
    for part in _split(pointer):
        place = place.parts.setdefault(part, _Place())


def _line(root: _Place, pointer: str) -> int:
    place, line = root, root.line or 1
    for part in _split(pointer):
        place = place.parts[part]
        if place.line is None:
            break
        line = place.line
    return line


def _scan(text: str, root: _Place) -> None:
    containers: list[_Container] = []
    line, position = 1, 0
    for symbol in _SYMBOL.finditer(text):
        line += text.count("\n", position, symbol.start())
        position = symbol.start()
        _read_symbol(symbol[0], line, root, containers)


def _read_symbol(symbol: str, line: int, root: _Place, containers: list[_Container]) -> None:
    container = containers[-1] if containers else None
    if symbol in "}]":
        containers.pop()
    elif symbol == ",":
        if container is not None:
            container.has_key, container.index = False, container.index + 1
    elif symbol == ":":
        return
    elif container is None:
        root.line = line
        _open(symbol, root, containers)
    elif container.is_object and not container.has_key:
        container.has_key = True
        container.enter(_key(symbol) if container.place is not None else "", line)
    else:
        if not container.is_object:
            container.enter(str(container.index) if container.place is not None else "", line)
        _open(symbol, container.member, containers)


def _open(symbol: str, place: _Place | None, containers: list[_Container]) -> None:
    if symbol in "{[":
        containers.append(_Container(place, symbol == "{"))


def _key(symbol: str) -> str:
    return str(json.loads(symbol))
