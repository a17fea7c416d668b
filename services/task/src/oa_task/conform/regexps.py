"""The regular expressions of a source: compiled once, replacements translated, time limited."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from oa_task.failure import TaskFailure

_REFERENCE = re.compile(r"\$(?:(\d+)|\{(\d+)\})")


@cache
def compile_regexp(pattern: str) -> re.Pattern[str]:
    """Return the compiled expression. Raises TaskFailure source.regexp."""
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise TaskFailure("source.regexp", f"{pattern[:200]!r} is not a regular expression: {error}") from error


@cache
def replacement(template: str, pattern: re.Pattern[str]) -> str:
    """Return Python's form of a replacement: `$n` and `${n}` are groups. Raises TaskFailure source.regexp."""
    numbers = [int(one or other) for one, other in _REFERENCE.findall(template)]
    missing = [number for number in numbers if number > pattern.groups]
    if missing:
        text = f"the replacement {template[:200]!r} names group {missing[0]}; there are {pattern.groups}"
        raise TaskFailure("source.regexp", text)
    return _REFERENCE.sub(lambda match: rf"\g<{match[1] or match[2]}>", template)


@contextmanager
def time_limit(seconds: float, what: str) -> Iterator[None]:
    """End the block with TaskFailure source.regexp_timeout; matching looks for signals, so it can be ended."""

    def too_long(_signal: int, _frame: object) -> None:
        raise TaskFailure("source.regexp_timeout", f"{what} took longer than {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
