"""Regular expressions of Postgres that find names whatever the case and the accents, as people type them."""

import re
from functools import cache

from oa_shared.accents import fold_accents

# An umlaut is also written with an e: koeln, köln and koln are one name.
_UMLAUTS = "aou"
_LATIN = range(0xC0, 0x250)
_GROUPS = re.compile(r"ss+|[aou]e|.", re.DOTALL)
# A pattern of a misspelled word grows with the square of its length: one of 40 letters takes half a second.
_SHORTEST_MISSPELLED, _LONGEST_MISSPELLED = 5, 24
# Beyond this length only the exact text is found: a pattern costs time for each character.
_MAX_FOLDED = 40


def similar_pattern(text: str) -> str:
    """Return the pattern of `lower(name) ~ pattern` for names that contain a text in any case, with any accents."""
    plain = fold_name(text)
    if not plain or len(plain) > _MAX_FOLDED:
        return "".join(map(_escape, text.lower()))
    parts = (_pattern_of(match[0]) for match in _GROUPS.finditer(plain))
    return "".join(parts)


def misspelled_pattern(word: str) -> str | None:
    """Return the pattern of `lower(name) ~ pattern` for names with a part that starts like a misspelled word.

    A misspelling has one wrong, missing or additional character, or two in the wrong order. None for a word that is so
    short that most names would match, or too long.
    """
    plain = fold_name(word)
    if not _SHORTEST_MISSPELLED <= len(plain) <= _LONGEST_MISSPELLED:
        return None
    characters = [_escape(character) for character in plain]
    # Two characters in the wrong order: both are left open.
    swapped = ("".join([*characters[:place], "..", *characters[place + 2 :]]) for place in range(len(characters) - 1))
    wrong = ("".join([*characters[:place], ".{0,2}", *characters[place + 1 :]]) for place in range(len(characters)))
    return f"(^|[^[:alpha:]])({'|'.join([*wrong, *swapped])})"


def fold_name(text: str) -> str:
    """Return a text in lower case without accents."""
    return fold_accents(text).lower()


def _pattern_of(characters: str) -> str:
    """Return the pattern of a character with any accent; of an umlaut with or without its e; of several s, or ß."""
    character = characters[0]
    accented = _accents().get(character, "")
    if characters.startswith("ss"):
        return f"[sß{accented}]+"
    any_of = f"[{character}{accented}]" if accented else _escape(character)
    return f"{any_of}[e{_accents()['e']}]?" if character in _UMLAUTS else any_of


def _escape(character: str) -> str:
    return character if character.isalnum() else f"\\{character}"


@cache
def _accents() -> dict[str, str]:
    """Return the accented lower-case characters of the Latin script by their plain character, or the first of two."""
    accented: dict[str, str] = {}
    for character in map(chr, _LATIN):
        plain = fold_name(character)
        is_accented = character.islower() and plain != character
        if is_accented and (len(plain) == 1 or plain in {"ae", "oe"}):
            accented[plain[0]] = accented.get(plain[0], "") + character
    return accented
