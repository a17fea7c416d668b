"""The lines, columns and spans of some values in a JSON text, without a memory of all the others."""

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


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text: its first character from 0, and the one after its last."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class JsonSpan:
    """Where a value is in a JSON text, and its key; a member of an array has none."""

    value: Span
    key: Span | None


_START = TextPosition(1, 1)


@dataclass(slots=True)
class _Place:
    """A value whose position is requested, or one around it; `position` is None until it is found."""

    position: TextPosition | None = None
    key: Span | None = None
    start: int | None = None
    end: int | None = None
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

    def enter(self, key: str, position: TextPosition, key_span: Span | None) -> None:
        """Begin the member of a key, or of an index; of repeated keys, the last one counts."""
        self.member = self.place.parts.get(key) if self.place is not None else None
        if self.member is not None:
            self.member.position, self.member.key = position, key_span


def find_lines(text: str, pointers: Iterable[str]) -> dict[str, int]:
    """Return the line of each position that `find_positions` returns."""
    return {pointer: position.line for pointer, position in find_positions(text, pointers).items()}


def find_positions(text: str, pointers: Iterable[str]) -> dict[str, TextPosition]:
    """Return where each of some values of a valid JSON text begins, by JSON pointer (RFC 6901).

    For a member of an object it is the place of its key; a value that does not exist has the place of the nearest one
    around it. Nesting has no limit. Memory grows with the pointers and the nesting, not with the text.
    """
    requested = dict.fromkeys(pointers)
    root = _find(text, requested)
    return {pointer: _position(root, pointer) for pointer in requested}


def find_spans(text: str, pointers: Iterable[str]) -> dict[str, JsonSpan]:
    """Return where each of some values of a valid JSON text is, by JSON pointer, without those that do not exist."""
    requested = dict.fromkeys(pointers)
    root = _find(text, requested)
    spans = {pointer: _span(root, pointer) for pointer in requested}
    return {pointer: span for pointer, span in spans.items() if span is not None}


def _find(text: str, pointers: Iterable[str]) -> _Place:
    root = _Place()
    for pointer in pointers:
        _add(root, pointer)
    _scan(text, root)
    return root


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


def _span(root: _Place, pointer: str) -> JsonSpan | None:
    place = root
    for part in _split(pointer):
        place = place.parts[part]
    if place.start is None or place.end is None:
        return None
    return JsonSpan(Span(place.start, place.end), place.key)


def _scan(text: str, root: _Place) -> None:
    containers: list[_Container] = []
    line, line_start, scanned = 1, 0, 0
    for symbol in _SYMBOL.finditer(text):
        begin = symbol.start()
        if line_ends := text.count("\n", scanned, begin):
            line, line_start = line + line_ends, text.rindex("\n", scanned, begin) + 1
        scanned = begin
        position = TextPosition(line, begin - line_start + 1)
        _read_symbol(symbol[0], position, Span(*symbol.span()), root, containers)


def _read_symbol(symbol: str, position: TextPosition, span: Span, root: _Place, containers: list[_Container]) -> None:
    container = containers[-1] if containers else None
    if symbol in "}]":
        closed = containers.pop()
        if closed.place is not None:
            closed.place.end = span.end
    elif symbol == ",":
        if container is not None:
            container.has_key, container.index = False, container.index + 1
    elif symbol == ":":
        return
    elif container is None:
        root.position = position
        _open(symbol, span, root, containers)
    elif container.is_object and not container.has_key:
        container.has_key = True
        container.enter(_key(symbol) if container.place is not None else "", position, span)
    else:
        if not container.is_object:
            container.enter(str(container.index) if container.place is not None else "", position, None)
        _open(symbol, span, container.member, containers)


def _open(symbol: str, span: Span, place: _Place | None, containers: list[_Container]) -> None:
    if place is not None:
        place.start, place.end = span.start, span.end
    if symbol in "{[":
        containers.append(_Container(place, symbol == "{"))


def _key(symbol: str) -> str:
    return str(json.loads(symbol))
