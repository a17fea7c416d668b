"""On which line of a JSON text a value stands."""

import json
import re
from dataclasses import dataclass, field

_WORD = re.compile(r'[{}\[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}\[\],:"]+', re.DOTALL)


@dataclass(slots=True)
class _Container:
    pointer: str
    is_object: bool
    place: int = 0
    key: str | None = field(default=None)

    def child(self) -> str:
        name = self.key if self.is_object else str(self.place)
        return f"{self.pointer}/{(name or '').replace('~', '~0').replace('/', '~1')}"


def lines_of(text: str) -> dict[str, int]:
    """Return the line (from 1) on which each value of a valid JSON text begins, by JSON pointer (RFC 6901).

    For a member of an object that is the line of its key. However deep the text is nested; of repeated keys the last.
    """
    lines: dict[str, int] = {}
    open_containers: list[_Container] = []
    line, seen = 1, 0
    for word in _WORD.finditer(text):
        line += text.count("\n", seen, word.start())
        seen = word.start()
        _take(word[0], line, lines, open_containers)
    return lines


def _take(word: str, line: int, lines: dict[str, int], open_containers: list[_Container]) -> None:
    inside = open_containers[-1] if open_containers else None
    if word in "}]":
        open_containers.pop()
    elif word == ",":
        if inside is not None:
            inside.key, inside.place = None, inside.place + 1
    elif word == ":":
        return
    elif inside is not None and inside.is_object and inside.key is None:
        inside.key = _key(word)
        lines[inside.child()] = line
    else:
        pointer = inside.child() if inside is not None else ""
        if inside is None or not inside.is_object:
            lines[pointer] = line
        if word in "{[":
            open_containers.append(_Container(pointer, word == "{"))


def _key(word: str) -> str:
    return str(json.loads(word))


def line_of(lines: dict[str, int], pointer: str) -> int:
    """Return the line of a pointer, or of the nearest value around one that is not there."""
    while pointer and pointer not in lines:
        pointer = pointer.rpartition("/")[0]
    return lines.get(pointer, 1)
