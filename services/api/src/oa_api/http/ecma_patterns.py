"""Patterns of the OpenAPI document: regular expressions of ECMA-262, which is what JSON Schema prescribes."""

import re
import string

_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\]")
# What Python and ECMA-262 read differently, or only Python reads.
_PYTHON_ONLY = re.compile(r"\\[AZzuUNpP]|\(\?[aiLmsuxP#(>]|\(\?<[^=!]|[*+?}]\+")
_OUTSIDE_CLASS = re.compile(r"\\[wWdDsSbB]")
# ASCII, and the controls and signs before the first letter that is not ASCII.
_FIRST_CHARACTERS = [chr(number) for number in range(ord("\N{FEMININE ORDINAL INDICATOR}"))]
_PLAIN = frozenset(string.ascii_letters + string.digits + "_")


def ecma_pattern(pattern: str) -> str:
    r"""Return the ECMA-262 pattern of a Python pattern that `re.match` applies and that ends in `\Z`.

    Both accept the same ASCII text. Of other text, the result accepts all that Python accepts, and signs too if the
    pattern has `\w`: ECMA-262 has letters only in patterns with the flag `u`, which tools set or not. Raises ValueError
    for a pattern that cannot be translated.
    """
    body = pattern.removeprefix("^")
    if not body.endswith(r"\Z"):
        raise ValueError(f"the pattern {pattern!r} does not end in \\Z, so that it accepts any text after its match")
    body = _CLASS.sub(lambda match: _ecma_class(match[0]), body.removesuffix(r"\Z"))
    outside = _CLASS.sub("", body)
    if _PYTHON_ONLY.search(outside) or _OUTSIDE_CLASS.search(outside):
        raise ValueError(f"the pattern {pattern!r} has syntax that ECMA-262 reads differently")
    return f"^(?:{body})$" if "|" in outside else f"^{body}$"


def _ecma_class(text: str) -> str:
    r"""Return a class of characters without `\w`: as the characters that it excludes, if it contains all letters."""
    if not re.search(r"\\[a-zA-Z]", text):
        return text
    contained = re.compile(text)
    if contained.fullmatch("\N{LATIN SMALL LETTER E WITH ACUTE}"):
        return f"[^{_ranges([character for character in _FIRST_CHARACTERS if not contained.fullmatch(character)])}]"
    return f"[{_ranges([character for character in _FIRST_CHARACTERS if contained.fullmatch(character)])}]"


def _ranges(characters: list[str]) -> str:
    """Return sorted characters as ranges of a class."""
    text, start = "", 0
    for index, character in enumerate(characters):
        if index + 1 < len(characters) and ord(characters[index + 1]) == ord(character) + 1:
            continue
        first = _escape(characters[start])
        text += first if start == index else f"{first}-{_escape(character)}"
        start = index + 1
    return text


def _escape(character: str) -> str:
    return character if character in _PLAIN else f"\\x{ord(character):02x}"
