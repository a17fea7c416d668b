"""A regular expression for both engines."""

import re
import warnings
from dataclasses import dataclass
from functools import cache

import polars as pl
from polars.exceptions import ComputeError

from oa_task.conform.patterns.translation import Translation, UntranslatableError, translate
from oa_task.runtime.failure import TaskFailure

MAX_CHARACTERS = 100_000


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; `translation` is None where only Python can run it."""

    python: re.Pattern[str]
    translation: Translation | None


@cache
def compile_expression(pattern: str, flags: int = 0) -> Expression:
    """Compile an expression. Raises TaskFailure source.regexp."""
    if len(pattern) > MAX_CHARACTERS:
        raise TaskFailure(
            "source.regexp", f"the expression has {len(pattern):,} characters; the limit is {MAX_CHARACTERS:,}"
        )
    with warnings.catch_warnings(action="ignore", category=FutureWarning):  # about sets within sets, such as [[]
        try:
            compiled = re.compile(pattern, flags)
        except (re.error, RecursionError, OverflowError) as error:
            raise TaskFailure(
                "source.regexp", f"{pattern[:200]!r} is not a valid regular expression: {error}"
            ) from error
        return Expression(compiled, _translation(pattern, flags))


def _translation(pattern: str, flags: int) -> Translation | None:
    """Return the translation, None if it is impossible or needs more than 10 MB in Rust's engine."""
    try:
        translation = translate(pattern, flags)
        pl.Series([""]).str.contains(translation.rust)
    except (UntranslatableError, RecursionError, ComputeError):
        return None
    return translation
