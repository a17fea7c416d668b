"""Ctrl-C while a command waits for the server: the message names the work that continues, and its command."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from oa_shared.errors import OaError


class WaitInterruptedError(OaError):
    """The user ended a command that waits; the detail states what becomes of the work."""

    code = "cli.interrupted"
    title = "Interrupted."


@contextmanager
def explain_interruption(text: str | Callable[[], str]) -> Iterator[None]:
    """Print `text` if Ctrl-C ends the block: what continues, and the command that shows it.

    A function returns the text at that moment, for a command whose place changes.
    Raises WaitInterruptedError for the cancellation with which asyncio passes on the signal.
    """
    try:
        yield
    except asyncio.CancelledError as cancellation:
        raise WaitInterruptedError(text if isinstance(text, str) else text()) from cancellation
