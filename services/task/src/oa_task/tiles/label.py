"""What the metadata of tiles say about them: their name, and the credit that a map shows."""

import html
from collections.abc import Iterable
from dataclasses import dataclass

_MOST_LETTERS = 500
_MOST_CREDITS = 20


@dataclass(frozen=True, slots=True)
class TilesetLabel:
    """The name of a tileset, and its attribution as HTML, which may be empty."""

    name: str
    attribution: str = ""


def attribution_html(attributions: Iterable[str]) -> str:
    """Return whom to credit as one line of HTML: maps insert it into their page, and the texts are untrusted.

    Empty texts are left out.
    """
    different = sorted({text[:_MOST_LETTERS] for text in attributions if text})
    shown = ", ".join(html.escape(text) for text in different[:_MOST_CREDITS])
    more = len(different) - _MOST_CREDITS
    return f"{shown} and {more:,} others" if more > 0 else shown
