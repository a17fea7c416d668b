"""Regular expressions of Postgres that find names whatever the case and the accents, as people type them."""

import re
import unicodedata
from functools import cache

# Letters that have no decomposition, and what people type in their place.
_PLAIN = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "\u0131": "i"}
# An umlaut is also written with an e: koeln, köln and koln are one name.
_UMLAUTS = "aou"
_LATIN = range(0xC0, 0x250)
_LETTERS = re.compile(r"ss+|[aou]e|.", re.DOTALL)
# Beyond this length a text is found as it is: a pattern costs time for each letter.
_MAX_FOLDED = 40


def similar_pattern(text: str) -> str:
    """Return the pattern of `lower(name) ~ pattern` for names that contain a text in any case, with any accents."""
    plain = fold_accents(text)
    if len(plain) > _MAX_FOLDED:
        return "".join(map(_escape, text.lower()))
    parts = (_pattern_of(match[0]) for match in _LETTERS.finditer(plain))
    return "".join(parts)


def fold_accents(text: str) -> str:
    """Return a text in lower case without accents."""
    letters = unicodedata.normalize("NFD", text.lower())
    return "".join(_PLAIN.get(letter, letter) for letter in letters if not unicodedata.combining(letter))


def _pattern_of(letters: str) -> str:
    """Return the pattern of a letter with any accent; of an umlaut with or without its e; of several s, or ß."""
    letter = letters[0]
    accented = _accented().get(letter, "")
    if letters.startswith("ss"):
        return f"[sß{accented}]+"
    any_of = f"[{letter}{accented}]" if accented else _escape(letter)
    return f"{any_of}[e{_accented()['e']}]?" if letter in _UMLAUTS else any_of


def _escape(letter: str) -> str:
    return letter if letter.isalnum() else f"\\{letter}"


@cache
def _accented() -> dict[str, str]:
    """Return the accented lower-case letters of the Latin script by their plain letter, or the first of two."""
    accented: dict[str, str] = {}
    for letter in map(chr, _LATIN):
        plain = fold_accents(letter)
        is_single = len(plain) == 1 or plain in {"ae", "oe"}
        if letter.islower() and is_single and plain.isascii():
            accented[plain[0]] = accented.get(plain[0], "") + letter
    return accented
