"""Python's regular expressions in Rust's syntax.

Python's own parser takes the expression apart, so no quirk of the syntax is missed. What the two engines do not surely
treat alike is not translated; see docs/engine.md, "Attribute functions", for the list.
"""

import re
import string
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from re import _constants as op  # type: ignore[attr-defined] # the parser has no public name
from re import _parser as parser  # type: ignore[attr-defined] # likewise
from typing import Any

_KNOWN_FLAGS = re.UNICODE | re.IGNORECASE | re.DOTALL | re.VERBOSE
_AGE = rf"\p{{Age:{'.'.join(unicodedata.unidata_version.split('.')[:2])}}}"
_DIGIT = rf"[\p{{Nd}}&&{_AGE}]"
_WORD = rf"[[\p{{L}}\p{{N}}_]&&{_AGE}]"
_SPACE = r"[\t-\r\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
_CATEGORIES = {
    op.CATEGORY_DIGIT: _DIGIT,
    op.CATEGORY_NOT_DIGIT: f"[^{_DIGIT}]",
    op.CATEGORY_WORD: _WORD,
    op.CATEGORY_NOT_WORD: f"[^{_WORD}]",
    op.CATEGORY_SPACE: _SPACE,
    op.CATEGORY_NOT_SPACE: f"[^{_SPACE}]",
}
_BEGINNINGS = frozenset({op.AT_BEGINNING, op.AT_BEGINNING_STRING})
_ENDS = frozenset({op.AT_END, op.AT_END_STRING})
_OTHER_CASES = {"i": "\u0130\u0131", "s": "\u017f", "k": "\u212a"}  # a test compares with all of Unicode


class UntranslatableError(Exception):
    """The two engines do not surely agree on the expression."""


@dataclass(frozen=True, slots=True)
class Translation:
    """An expression in Rust's syntax, and for which values it is not the same as in Python's.

    `has_end`: not for values that end in a line feed, before which Python's `$` matches too. `has_boundary`: not for
    values beyond ASCII, since the engines differ in what a word is. `is_once`: it matches a value at most once, or
    never nothing, so that replacing all matches is the same in both. `whole_groups`: if a match is always the whole
    value, the groups that take part in every match.
    """

    rust: str
    has_end: bool
    has_boundary: bool
    is_once: bool
    whole_groups: frozenset[int]


def translate(pattern: str, flags: int = 0) -> Translation:
    """Translate an expression that compiles. Raises UntranslatableError, RecursionError."""
    parsed = parser.parse(pattern, flags)
    if parsed.state.flags & ~_KNOWN_FLAGS:
        raise UntranslatableError
    writer = _Writer(parsed.state.flags)
    rust = writer.sequence(parsed)
    begins, ends = _is_at(parsed[:1], _BEGINNINGS), _is_at(parsed[-1:], _ENDS)
    groups = frozenset(about[0] for kind, about in parsed if kind is op.SUBPATTERN and about[0])
    return Translation(
        rust,
        has_end=writer.has_end,
        has_boundary=writer.has_boundary,
        is_once=begins or parsed.getwidth()[0] > 0,
        whole_groups=groups if begins and ends else frozenset(),
    )


def _is_at(tokens: Iterable[Any], positions: frozenset[Any]) -> bool:
    return any(kind is op.AT and about in positions for kind, about in tokens)


class _Writer:
    def __init__(self, flags: int) -> None:
        self.has_end = self.has_boundary = False
        self._ignores_case = bool(flags & re.IGNORECASE)
        self._any = "(?s:.)" if flags & re.DOTALL else r"[^\n]"
        self._write: dict[Any, Callable[[Any], str]] = {
            op.LITERAL: self._literal,
            op.NOT_LITERAL: lambda code: f"[^{self._members([(op.LITERAL, code)])}]",
            op.ANY: lambda _: self._any,
            op.IN: self._class,
            op.BRANCH: lambda about: f"(?:{'|'.join(self.sequence(branch) for branch in about[1])})",
            op.SUBPATTERN: self._group,
            op.MAX_REPEAT: self._repeat,
            op.MIN_REPEAT: lambda about: self._repeat(about) + "?",
            op.AT: self._position,
        }

    def sequence(self, tokens: Iterable[Any]) -> str:
        return "".join(self._token(kind, about) for kind, about in tokens)

    def _token(self, kind: Any, about: Any) -> str:
        if kind not in self._write:
            raise UntranslatableError
        return self._write[kind](about)

    def _literal(self, code: int) -> str:
        cases = self._cases(chr(code))
        return _escaped(cases) if len(cases) == 1 else f"[{''.join(map(_escaped, cases))}]"

    def _class(self, members: list[Any]) -> str:
        is_negated = members[0][0] is op.NEGATE
        return f"[{'^' if is_negated else ''}{self._members(members[is_negated:])}]"

    def _members(self, members: list[Any]) -> str:
        return "".join(self._member(kind, about) for kind, about in members)

    def _member(self, kind: Any, about: Any) -> str:
        if kind is op.CATEGORY:
            return _CATEGORIES[about]
        first, last = about if kind is op.RANGE else (about, about)
        if self._ignores_case:
            return "".join(_escaped(case) for code in range(first, last + 1) for case in self._cases(chr(code)))
        return f"{_escaped(chr(first))}-{_escaped(chr(last))}"

    def _cases(self, letter: str) -> str:
        if not self._ignores_case:
            return letter
        if not letter.isascii():
            raise UntranslatableError
        if letter not in string.ascii_letters:
            return letter
        return letter.lower() + letter.upper() + _OTHER_CASES.get(letter.lower(), "")

    def _group(self, about: Any) -> str:
        number, added_flags, removed_flags, inner = about
        if added_flags or removed_flags:
            raise UntranslatableError
        return f"({'' if number else '?:'}{self.sequence(inner)})"

    def _repeat(self, about: Any) -> str:
        least, most, inner = about
        if most > 1 and (inner.getwidth()[0] == 0 or _has_group(inner)):
            raise UntranslatableError
        return f"(?:{self.sequence(inner)}){{{least},{'' if most is op.MAXREPEAT else most}}}"

    def _position(self, about: Any) -> str:
        if about in _BEGINNINGS:
            return r"\A"
        if about in _ENDS:
            self.has_end |= about is op.AT_END
            return r"\z"
        if about is not op.AT_BOUNDARY:
            raise UntranslatableError
        self.has_boundary = True
        return r"(?-u:\b)"


def _escaped(letters: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else f"\\x{{{ord(letter):x}}}" for letter in letters)


def _has_group(tokens: Iterable[Any]) -> bool:
    return any(
        (kind is op.SUBPATTERN and about[0] is not None) or any(_has_group(part) for part in _parts(kind, about))
        for kind, about in tokens
    )


def _parts(kind: Any, about: Any) -> list[Any]:
    if kind in {op.MAX_REPEAT, op.MIN_REPEAT}:
        return [about[2]]
    if kind is op.SUBPATTERN:
        return [about[3]]
    return about[1] if kind is op.BRANCH else []
