"""How a program of the command line ends when its reader leaves, when its output cannot be written, or on Ctrl-C."""

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# The environment variable in which a program that runs another one passes its own name.
CALLER_VARIABLE = "OA_CALLED_AS"
INTERRUPTED = 128 + signal.SIGINT
READER_LEFT = 128 + signal.SIGPIPE
_UNWRITABLE = frozenset({errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG, errno.EBADF})
_STANDARD_INPUT = 0


@contextmanager
def end_quietly(*, unwritable: int) -> Iterator[None]:
    """Turn the interruptions of the block into exit statuses, without a traceback.

    A reader that leaves, such as `head`, ends the program with 141 and nothing on standard error, Ctrl-C with 130 and
    one line, and an output that cannot be written with `unwritable` and one line; so does a closed output, once
    something is written to it. Raises SystemExit.
    """
    _replace_closed_output()
    try:
        yield
    except BrokenPipeError:
        _discard_output()
        raise SystemExit(READER_LEFT) from None
    except KeyboardInterrupt:
        _print_line("interrupted")
        raise SystemExit(INTERRUPTED) from None
    except OSError as problem:
        # An error of a file states the file name; one without a name and with these numbers is of the standard output.
        if problem.filename is not None or problem.errno not in _UNWRITABLE:
            raise
        _discard_output()
        _print_line(f"cannot write the output: {problem.strerror}")
        raise SystemExit(unwritable) from None


def shell_status(code: int) -> int:
    """Return the exit status of a child as a shell has it: 128 and the number of the signal that ended it."""
    return 128 - code if code < 0 else code


def _replace_closed_output() -> None:
    """Let writes to an output that the shell has closed (`>&-`) fail, also those of a child.

    Python has no stream then, and libraries print nothing without an error. The descriptor is taken, because the next
    file that the program opens would get it, and what a child prints.
    """
    if sys.stdout is not None:
        return
    descriptor = _STANDARD_INPUT
    while descriptor == _STANDARD_INPUT:  # the lowest free one: a closed input comes first
        descriptor = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    sys.stdout = os.fdopen(descriptor, "w", encoding="utf-8")


def _discard_output() -> None:
    """Send what is still in the buffer nowhere; Python would fail again when it flushes at its end."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError, AttributeError):  # a test or a closed output has none
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _print_line(text: str) -> None:
    if sys.stderr is not None:  # closed, as above
        sys.stderr.write(f"{text}\n")
