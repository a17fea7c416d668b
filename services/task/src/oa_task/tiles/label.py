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


def credit(license_: object, attribution: str | None = None) -> str:
    """Return the attribution, or the name that the license of a definition credits, on one line; empty without one."""
    named = license_.get("attribution name") if isinstance(license_, dict) else None
    words = " ".join(str(attribution or named or "").split())
    return "".join(letter if letter.isprintable() else "?" for letter in words)[:_MOST_LETTERS]


def attribution_html(names: Iterable[str]) -> str:
    """Return credits as one line of HTML: maps insert it into their page, and the credits are untrusted text."""
    different = sorted({text for text in names if text})
    shown = ", ".join(html.escape(text) for text in different[:_MOST_CREDITS])
    more = len(different) - _MOST_CREDITS
    return f"{shown} and {more:,} others" if more > 0 else shown
