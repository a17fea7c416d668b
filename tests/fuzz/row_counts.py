"""Rows that a damaged file certainly has, counted without the readers."""

import json
import re

# A line of the seed with plain cells; quotes, and so fields over many lines, are left to the readers.
_PLAIN_LINE = re.compile(r"^[0-9]+,[a-z ]*,-?[0-9]+(?:\.[0-9]+)?,-?[0-9]+(?:\.[0-9]+)?$")
_FEATURE = re.compile(r'\{"type": "Feature", "properties": \{"NO": 1\.0, "ST": \["a"\]\}, "geometry": \{')

_STRAY_QUOTES = 4
# The formats whose rows `count_rows` counts.
COUNTABLE = frozenset({"csv", "geojson"})


def count_rows(kind: str, body: bytes) -> int:
    """Return the least number of rows that a reader must read or count, 0 for a format without a count."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return 0
    if kind == "csv":
        # A seed with many quotes has fields over many lines: a plain line may be text of one of them.
        lines = re.split(r"\r\n|\r|\n", text)[1:] if text.count('"') <= _STRAY_QUOTES else []
        return sum(map(bool, map(_PLAIN_LINE.match, lines)))
    return sum(_is_feature(text[match.start() :]) for match in _FEATURE.finditer(text)) if kind == "geojson" else 0


def _is_feature(text: str) -> bool:
    try:
        json.JSONDecoder().raw_decode(text)
    except ValueError:
        return False
    return True
