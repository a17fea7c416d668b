"""A limit on the computing time of a block, such as a match of a regular expression."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class CpuLimitError(Exception):
    """A block computed longer than its limit."""


@contextmanager
def cpu_limit(seconds: float, make_error: Callable[[], Exception] = CpuLimitError) -> Iterator[None]:
    """Raise an error, by default CpuLimitError, if the block takes too long. Works in the main thread only.

    The limit counts the seconds that the process computes, so a busy machine does not exceed it. Python's matching
    checks for signals, so the limit can end it in the middle of a value.
    """

    def raise_error(_signal: int, _frame: object) -> None:
        raise make_error()

    previous = signal.signal(signal.SIGVTALRM, raise_error)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)
