"""Texts without accents, as people type them: the only place that folds accents."""

import unicodedata

# Letters that have no decomposition, and what people type in their place.
_SMALL = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h"}
_LETTERS = str.maketrans(
    {**_SMALL, **{letter.upper(): plain.upper() for letter, plain in _SMALL.items() if letter != "ß"}}
    | {"\u0131": "i", "\u1e9e": "SS"}
)
_FIRST_MARK, _LAST_MARK = "\u0300", "\u036f"


def fold_accents(text: str) -> str:
    """Return a text without the accents of Latin, Greek and Cyrillic letters; case stays, and so do other scripts.

    Other characters keep their form: `²` is no `2`, as in the names that a text is compared with.
    """
    decomposed = unicodedata.normalize("NFD", text.translate(_LETTERS))
    plain = "".join(character for character in decomposed if not _FIRST_MARK <= character <= _LAST_MARK)
    return unicodedata.normalize("NFC", plain)
