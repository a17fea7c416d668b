"""The line of each value in a JSON text."""

import json
import re
from dataclasses import dataclass, field

_SYMBOL = re.compile(r'[{}\[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}\[\],:"]+', re.DOTALL)


@dataclass(slots=True)
class _Container:
    """An object or array that is open while the text is scanned; `index` counts its members so far."""

    pointer: str
    is_object: bool
    index: int = 0
    key: str | None = field(default=None)

    def child_pointer(self) -> str:
        """Return the JSON pointer of the current member."""
        name = self.key if self.is_object else str(self.index)
        return f"{self.pointer}/{(name or '').replace('~', '~0').replace('/', '~1')}"


def lines_of(text: str) -> dict[str, int]:
    """Return the line (from 1) on which each value of a valid JSON text begins, by JSON pointer (RFC 6901).

    For a member of an object it is the line of its key; of repeated keys, the last one counts. Nesting has no limit.
    """
    lines: dict[str, int] = {}
    open_containers: list[_Container] = []
    line, position = 1, 0
    for symbol in _SYMBOL.finditer(text):
        line += text.count("\n", position, symbol.start())
        position = symbol.start()
        _scan(symbol[0], line, lines, open_containers)
    return lines


def _scan(symbol: str, line: int, lines: dict[str, int], open_containers: list[_Container]) -> None:
    container = open_containers[-1] if open_containers else None
    if symbol in "}]":
        open_containers.pop()
    elif symbol == ",":
        if container is not None:
            container.key, container.index = None, container.index + 1
    elif symbol == ":":
        return
    elif container is not None and container.is_object and container.key is None:
        container.key = _key(symbol)
        lines[container.child_pointer()] = line
    else:
        pointer = container.child_pointer() if container is not None else ""
        if container is None or not container.is_object:
            lines[pointer] = line
        if symbol in "{[":
            open_containers.append(_Container(pointer, symbol == "{"))


def _key(symbol: str) -> str:
    return str(json.loads(symbol))


def line_of(lines: dict[str, int], pointer: str) -> int:
    """Return the line of a pointer, or of the nearest existing value around it."""
    while pointer and pointer not in lines:
        pointer = pointer.rpartition("/")[0]
    return lines.get(pointer, 1)
