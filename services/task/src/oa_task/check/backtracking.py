"""Regular expressions that backtrack for ever: suspected from their shape, shown by a string that does it."""

import re
from collections.abc import Iterator
from re import _constants as op  # type: ignore[attr-defined] # the parser has no public name; pinned by tests
from re import _parser as parser  # type: ignore[attr-defined] # likewise
from typing import Any

from oa_task.conform.patterns.matching import time_limit
from oa_task.runtime.failure import TaskFailure

_CANDIDATES = "aA0 -_.,/#:;'\n"
_PUMPED = 40
_PATIENCE_S = 0.25
_REPEATS = frozenset({op.MAX_REPEAT, op.MIN_REPEAT})
_MANY = 16


def find_backtracking_input(pattern: str) -> str | None:
    """Return a short string on which Python's engine takes longer than a quarter of a second, None if none is found.

    Tried are the expressions in which a repetition holds another one; the string is what leads to the inner one, its
    text 40 times over, and something that cannot match. The pattern must compile.
    """
    compiled = re.compile(pattern)
    for before, inner in _nested_repeats(list(parser.parse(pattern)), ""):
        for end in ("\0", "!\n"):
            attack = before + inner * _PUMPED + end
            if _is_slow(compiled, attack):
                return attack
    return None


def _nested_repeats(tokens: list[Any], before: str) -> Iterator[tuple[str, str]]:
    """Yield, for each repetition inside a repetition, an example of what stands before and of what it repeats."""
    for token in tokens:
        kind, about = token
        if kind in _REPEATS and about[1] > _MANY:
            yield from ((before, example(list(inner))) for inner in _variable_inside(list(about[2])))
        for part in _parts(token):
            yield from _nested_repeats(part, before)
        before += example([token])


def _variable_inside(tokens: list[Any]) -> Iterator[Any]:
    for token in tokens:
        kind, about = token
        if kind in _REPEATS and about[0] != about[1]:
            yield about[2]
        for part in _parts(token):
            yield from _variable_inside(part)


def _parts(token: Any) -> list[list[Any]]:
    kind, about = token
    if kind in _REPEATS:
        return [list(about[2])]
    if kind is op.SUBPATTERN:
        return [list(about[3])]
    if kind is op.BRANCH:
        return [list(branch) for branch in about[1]]
    return []


def example(tokens: list[Any]) -> str:
    """Return a string that parsed tokens match, as far as each for itself goes."""
    return "".join(_example(*token) for token in tokens)


def _example(kind: Any, about: Any) -> str:
    if kind is op.LITERAL:
        return chr(about)
    if kind in {op.NOT_LITERAL, op.ANY, op.IN}:
        return _character(kind, about)
    if kind in _REPEATS:
        return example(list(about[2])) * max(int(about[0]), 1)
    if kind is op.SUBPATTERN:
        return example(list(about[3]))
    return example(list(about[1][0])) if kind is op.BRANCH else ""


def _character(kind: Any, about: Any) -> str:
    if kind is op.ANY:
        return "a"
    if kind is op.NOT_LITERAL:
        return next(text for text in _CANDIDATES if ord(text) != about)
    negated = about[0][0] is op.NEGATE
    own = [chr(value[0] if kind_ is op.RANGE else value) for kind_, value in about if kind_ in {op.LITERAL, op.RANGE}]
    fitting = (text for text in [*own, *_CANDIDATES] if _is_in(text, about) is not negated)
    return next(fitting, "a")


def _is_in(text: str, members: list[Any]) -> bool:
    return any(_is_member(text, kind, value) for kind, value in members)


def _is_member(text: str, kind: Any, value: Any) -> bool:
    if kind is op.LITERAL:
        return bool(ord(text) == value)
    if kind is op.RANGE:
        return bool(value[0] <= ord(text) <= value[1])
    tests = {op.CATEGORY_DIGIT: r"\d", op.CATEGORY_SPACE: r"\s", op.CATEGORY_WORD: r"\w"}
    tests |= {op.CATEGORY_NOT_DIGIT: r"\D", op.CATEGORY_NOT_SPACE: r"\S", op.CATEGORY_NOT_WORD: r"\W"}
    return bool(kind is op.CATEGORY and re.match(tests[value], text))


def _is_slow(pattern: re.Pattern[str], text: str) -> bool:
    try:
        with time_limit(_PATIENCE_S, lambda: pattern.pattern):
            pattern.search(text)
    except TaskFailure:
        return True
    return False
