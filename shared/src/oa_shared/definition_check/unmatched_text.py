"""Replacements by groups whose pattern leaves text of the value unmatched, which then stays in the result."""

import re
from re import _parser as parser  # type: ignore[attr-defined] # the parser has no public name; tests pin it

from oa_shared.cpu_limit import CpuLimitError, cpu_limit
from oa_shared.definition_check.backtracking import example

_ONLY_GROUPS = re.compile(r"(?:\$(?:\d+|\{\d+\}))+")
OTHER_TEXT = "…"  # neither a letter nor a digit nor white space
_TIME_LIMIT_S = 0.25


def find_kept_text(pattern: str, replace: str) -> str | None:
    """Return a value that the pattern matches only in part, None if none is found or `replace` has other text.

    Such a rule is expected to return the groups alone, but a replacement keeps what the pattern does not match. Tries a
    match of the pattern with other text before and after it, with and without a space. The pattern must compile.
    """
    if not _ONLY_GROUPS.fullmatch(replace) or OTHER_TEXT in pattern:
        return None
    compiled, match = re.compile(pattern), example(list(parser.parse(pattern)))
    for space in ("", " "):
        for value in (f"{match}{space}{OTHER_TEXT}", f"{OTHER_TEXT}{space}{match}"):
            if _leaves_text(compiled, value):
                return value
    return None


def _leaves_text(pattern: re.Pattern[str], value: str) -> bool:
    """Return whether the pattern matches a part of a value that does not include the other text."""
    try:
        with cpu_limit(_TIME_LIMIT_S):
            found = list(pattern.finditer(value))
    except CpuLimitError:
        return False
    position = value.index(OTHER_TEXT)
    return bool(found) and not any(match.start() <= position < match.end() for match in found)
