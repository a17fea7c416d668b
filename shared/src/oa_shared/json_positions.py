"""The lines and columns of some values in a JSON text, without a memory of all the others."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_SYMBOL = re.compile(r'[{}\[\],:]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s{}\[\],:"]+', re.DOTALL)


@dataclass(frozen=True, slots=True)
class TextPosition:
    """A place in a text: its line and its column in characters, both from 1."""

    line: int
    column: int


_START = TextPosition(1, 1)


@dataclass(slots=True)
class _Place:
    """A value whose position is requested, or one around it; `position` is None until it is found."""

    position: TextPosition | None = None
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

    def enter(self, key: str, position: TextPosition) -> None:
        """Begin the member of a key, or of an index; of repeated keys, the last one counts."""
        self.member = self.place.parts.get(key) if self.place is not None else None
        if self.member is not None:
            self.member.position = position


def find_lines(text: str, pointers: Iterable[str]) -> dict[str, int]:
    """Return the line of each position that `find_positions` returns."""
    return {pointer: position.line for pointer, position in find_positions(text, pointers).items()}


def find_positions(text: str, pointers: Iterable[str]) -> dict[str, TextPosition]:
    """Return where each of some values of a valid JSON text begins, by JSON pointer (RFC 6901).

    For a member of an object it is the place of its key; a value that does not exist has the place of the nearest one
    around it. Nesting has no limit. Memory grows with the pointers and the nesting, not with the text.
    """
    requested = dict.fromkeys(pointers)
    root = _Place()
    for pointer in requested:
        _add(root, pointer)
    _scan(text, root)
    return {pointer: _position(root, pointer) for pointer in requested}


def _split(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _add(root: _Place, pointer: str) -> None:
    place = root
    for part in _split(pointer):
        place = place.parts.setdefault(part, _Place())


def _position(root: _Place, pointer: str) -> TextPosition:
    place, position = root, root.position or _START
    for part in _split(pointer):
        place = place.parts[part]
        if place.position is None:
            break
        position = place.position
    return position


def _scan(text: str, root: _Place) -> None:
    containers: list[_Container] = []
    line, line_start, scanned = 1, 0, 0
    for symbol in _SYMBOL.finditer(text):
        begin = symbol.start()
        if line_ends := text.count("\n", scanned, begin):
            line, line_start = line + line_ends, text.rindex("\n", scanned, begin) + 1
        scanned = begin
        _read_symbol(symbol[0], TextPosition(line, begin - line_start + 1), root, containers)


def _read_symbol(symbol: str, position: TextPosition, root: _Place, containers: list[_Container]) -> None:
    container = containers[-1] if containers else None
    if symbol in "}]":
        containers.pop()
    elif symbol == ",":
        if container is not None:
            container.has_key, container.index = False, container.index + 1
    elif symbol == ":":
        return
    elif container is None:
        root.position = position
        _open(symbol, root, containers)
    elif container.is_object and not container.has_key:
        container.has_key = True
        container.enter(_key(symbol) if container.place is not None else "", position)
    else:
        if not container.is_object:
            container.enter(str(container.index) if container.place is not None else "", position)
        _open(symbol, container.member, containers)


def _open(symbol: str, place: _Place | None, containers: list[_Container]) -> None:
    if symbol in "{[":
        containers.append(_Container(place, symbol == "{"))


def _key(symbol: str) -> str:
    return str(json.loads(symbol))
