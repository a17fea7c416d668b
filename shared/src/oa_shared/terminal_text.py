"""Text from sources and servers, without what could harm a terminal: control characters could rewrite what it shows."""

import re
from collections.abc import Iterable, Iterator
from typing import Protocol, Self, TypeVar

# C0 without tab and line feed, DEL, C1, and the characters that change the direction of text (Unicode TR 36); halves
# of surrogate pairs, which no encoding of a terminal has.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class StyledText(Protocol):
    """A piece of text with a style, as rich has it; `control` is set for what moves the cursor."""

    @property
    def text(self) -> str:
        """Return the characters."""
        ...

    @property
    def control(self) -> object:
        """Return what moves the cursor, if anything."""
        ...

    def _replace(self, *, text: str) -> Self: ...


_Styled = TypeVar("_Styled", bound=StyledText)


def strip_styled(pieces: Iterable[_Styled]) -> Iterator[_Styled]:
    """Yield the pieces without control characters in their texts, so that only their own styles reach the terminal."""
    for piece in pieces:
        yield piece if piece.control else piece._replace(text=strip_controls(piece.text))


def strip_controls(text: str) -> str:
    """Return the text without control characters; tabs and line feeds stay."""
    return _CONTROLS.sub("", text)


def escape_controls(json_text: str) -> str:
    """Return the text of a JSON document with control characters inside strings as escapes: the value is the same."""
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", json_text)
