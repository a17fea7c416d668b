"""Regular expressions that backtrack without end: suspected by their structure, proved by an input."""

import re
from collections.abc import Iterator, Sequence
from re import _constants as op  # type: ignore[attr-defined] # the parser has no public name; tests pin it
from re import _parser as parser  # type: ignore[attr-defined] # likewise
from typing import Any

from oa_shared.cpu_limit import CpuLimitError, cpu_limit

_CANDIDATES = "aA0 -_.,/#:;'\n"
_REPETITIONS = 40
_TIME_LIMIT_S = 0.25
_REPEATS = frozenset({op.MAX_REPEAT, op.MIN_REPEAT})
_MANY = 16
_CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}
_Argument = Any  # of a token: its type depends on the kind, and the parser has no types
_Token = tuple[int, _Argument]


def find_backtracking_input(pattern: str) -> str | None:
    """Return a short input on which Python's engine takes more than 0.25 s, None if none is found.

    Tries expressions with a repetition inside a repetition. The input is a match of the text before the inner
    repetition, 40 matches of the inner repetition, and a text that cannot match. The pattern must compile.
    """
    compiled = re.compile(pattern)
    for before, inner in _nested_repeats(list(parser.parse(pattern)), ""):
        for end in ("\0", "!\n"):
            attack = before + inner * _REPETITIONS + end
            if _is_slow(compiled, attack):
                return attack
    return None


def _nested_repeats(tokens: Sequence[_Token], before: str) -> Iterator[tuple[str, str]]:
    """Yield, for each repetition inside a repetition, a match of the text before it and a match of its body."""
    for token in tokens:
        kind, argument = token
        if kind in _REPEATS and argument[1] > _MANY:
            yield from ((before, example(list(inner))) for inner in _variable_repeats(list(argument[2])))
        for part in _parts(token):
            yield from _nested_repeats(part, before)
        before += example([token])


def _variable_repeats(tokens: Sequence[_Token]) -> Iterator[Sequence[_Token]]:
    """Yield the bodies of the repetitions whose number is not fixed."""
    for token in tokens:
        kind, argument = token
        if kind in _REPEATS and argument[0] != argument[1]:
            yield argument[2]
        for part in _parts(token):
            yield from _variable_repeats(part)


def _parts(token: _Token) -> list[list[_Token]]:
    kind, argument = token
    if kind in _REPEATS:
        return [list(argument[2])]
    if kind is op.SUBPATTERN:
        return [list(argument[3])]
    if kind is op.BRANCH:
        return [list(branch) for branch in argument[1]]
    return []


def example(tokens: Sequence[_Token]) -> str:
    """Return a text in which each parsed token matches its part."""
    return "".join(_example(*token) for token in tokens)


def _example(kind: int, argument: _Argument) -> str:
    if kind is op.LITERAL:
        return chr(argument)
    if kind in {op.NOT_LITERAL, op.ANY, op.IN}:
        return _character(kind, argument)
    if kind in _REPEATS:
        return example(list(argument[2])) * max(int(argument[0]), 1)
    if kind is op.SUBPATTERN:
        return example(list(argument[3]))
    return example(list(argument[1][0])) if kind is op.BRANCH else ""


def _character(kind: int, argument: _Argument) -> str:
    if kind is op.ANY:
        return "a"
    if kind is op.NOT_LITERAL:
        return next(text for text in _CANDIDATES if ord(text) != argument)
    is_negated = argument[0][0] is op.NEGATE
    own = [
        chr(value[0] if kind_ is op.RANGE else value) for kind_, value in argument if kind_ in {op.LITERAL, op.RANGE}
    ]
    matching = (text for text in [*own, *_CANDIDATES] if _is_in(text, argument) is not is_negated)
    return next(matching, "a")


def _is_in(text: str, members: Sequence[_Token]) -> bool:
    return any(_is_member(text, kind, value) for kind, value in members)


def _is_member(text: str, kind: int, value: _Argument) -> bool:
    if kind is op.LITERAL:
        return bool(ord(text) == value)
    if kind is op.RANGE:
        return bool(value[0] <= ord(text) <= value[1])
    return bool(kind is op.CATEGORY and re.match(_CATEGORIES[value], text))


def _is_slow(pattern: re.Pattern[str], text: str) -> bool:
    try:
        with cpu_limit(_TIME_LIMIT_S):
            pattern.search(text)
    except CpuLimitError:
        return True
    return False
