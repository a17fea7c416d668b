"""Translation of Python's regular expressions to Rust's syntax.

Python's own parser parses the expression, so the translation misses no quirk of the syntax. It refuses whatever the two
engines may treat differently; docs/engine.md, "Regular expressions", has the list.
"""

import re
import string
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from re import _constants as op  # type: ignore[attr-defined] # the parser has no public name
from re import _parser as parser  # type: ignore[attr-defined] # the same
from typing import Any

Argument = Any  # of a token: its type depends on the kind of the token, and the parser has no types
Token = tuple[int, Argument]
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
_OTHER_CASES = {"i": "\u0130\u0131", "s": "\u017f", "k": "\u212a"}  # a test checks all of Unicode


class UntranslatableError(Exception):
    """The two engines may disagree on the expression."""


@dataclass(frozen=True, slots=True)
class Translation:
    """An expression in Rust's syntax, and the values on which it may differ from Python's.

    `has_end`: values that end in a line feed, before which Python's `$` also matches. `has_boundary`: values beyond
    ASCII, because the engines differ in the definition of a word. `is_once` means that the expression matches a value
    at most once, or never matches empty text, so that replacing all matches is the same in both. `whole_groups` holds
    the groups of every match, if a match is always the whole value.
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
    groups = frozenset(argument[0] for kind, argument in parsed if kind is op.SUBPATTERN and argument[0])
    return Translation(
        rust,
        has_end=writer.has_end,
        has_boundary=writer.has_boundary,
        is_once=begins or parsed.getwidth()[0] > 0,
        whole_groups=groups if begins and ends else frozenset(),
    )


def _is_at(tokens: Iterable[Token], positions: frozenset[int]) -> bool:
    return any(kind is op.AT and argument in positions for kind, argument in tokens)


class _Writer:
    """Writes parsed tokens in Rust's syntax."""

    def __init__(self, flags: int) -> None:
        self.has_end = self.has_boundary = False
        self._ignores_case = bool(flags & re.IGNORECASE)
        self._any = "(?s:.)" if flags & re.DOTALL else r"[^\n]"
        self._write: dict[int, Callable[[Argument], str]] = {
            op.LITERAL: self._literal,
            op.NOT_LITERAL: lambda code: f"[^{self._members([(op.LITERAL, code)])}]",
            op.ANY: lambda _: self._any,
            op.IN: self._class,
            op.BRANCH: lambda argument: f"(?:{'|'.join(self.sequence(branch) for branch in argument[1])})",
            op.SUBPATTERN: self._group,
            op.MAX_REPEAT: self._repeat,
            op.MIN_REPEAT: lambda argument: self._repeat(argument) + "?",
            op.AT: self._position,
        }

    def sequence(self, tokens: Iterable[Token]) -> str:
        """Return the tokens in Rust's syntax. Raises UntranslatableError."""
        return "".join(self._token(kind, argument) for kind, argument in tokens)

    def _token(self, kind: int, argument: Argument) -> str:
        if kind not in self._write:
            raise UntranslatableError
        return self._write[kind](argument)

    def _literal(self, code: int) -> str:
        cases = self._cases(chr(code))
        return _escape(cases) if len(cases) == 1 else f"[{''.join(map(_escape, cases))}]"

    def _class(self, members: list[Token]) -> str:
        is_negated = members[0][0] is op.NEGATE
        return f"[{'^' if is_negated else ''}{self._members(members[is_negated:])}]"

    def _members(self, members: list[Token]) -> str:
        return "".join(self._member(kind, argument) for kind, argument in members)

    def _member(self, kind: int, argument: Argument) -> str:
        if kind is op.CATEGORY:
            return _CATEGORIES[argument]
        first, last = argument if kind is op.RANGE else (argument, argument)
        if self._ignores_case:
            return "".join(_escape(case) for code in range(first, last + 1) for case in self._cases(chr(code)))
        return f"{_escape(chr(first))}-{_escape(chr(last))}"

    def _cases(self, letter: str) -> str:
        if not self._ignores_case:
            return letter
        if not letter.isascii():
            raise UntranslatableError
        if letter not in string.ascii_letters:
            return letter
        return letter.lower() + letter.upper() + _OTHER_CASES.get(letter.lower(), "")

    def _group(self, argument: Argument) -> str:
        number, added_flags, removed_flags, inner = argument
        if added_flags or removed_flags:
            raise UntranslatableError
        return f"({'' if number else '?:'}{self.sequence(inner)})"

    def _repeat(self, argument: Argument) -> str:
        least, most, inner = argument
        if most > 1 and (inner.getwidth()[0] == 0 or _has_group(inner)):
            raise UntranslatableError
        return f"(?:{self.sequence(inner)}){{{least},{'' if most is op.MAXREPEAT else most}}}"

    def _position(self, argument: Argument) -> str:
        if argument in _BEGINNINGS:
            return r"\A"
        if argument in _ENDS:
            self.has_end |= argument is op.AT_END
            return r"\z"
        if argument is not op.AT_BOUNDARY:
            raise UntranslatableError
        self.has_boundary = True
        return r"(?-u:\b)"


def _escape(letters: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else f"\\x{{{ord(letter):x}}}" for letter in letters)


def _has_group(tokens: Iterable[Token]) -> bool:
    return any(
        (kind is op.SUBPATTERN and argument[0] is not None) or any(_has_group(part) for part in _parts(kind, argument))
        for kind, argument in tokens
    )


def _parts(kind: int, argument: Argument) -> list[Iterable[Token]]:
    if kind in {op.MAX_REPEAT, op.MIN_REPEAT}:
        return [argument[2]]
    if kind is op.SUBPATTERN:
        return [argument[3]]
    return list(argument[1]) if kind is op.BRANCH else []
