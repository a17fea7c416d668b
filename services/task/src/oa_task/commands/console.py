"""Running a command: a console for messages, and failures as text or JSON."""

import errno
import json
from collections.abc import Callable, Iterable

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from oa_shared.definition_places import describe_places
from oa_shared.failures import FAILURES, exit_status
from oa_shared.logging import configure_logging
from oa_shared.terminal_text import escape_controls, strip_styled
from oa_task.runtime.failure import TaskFailure

_UNLIMITED_WIDTH = 1_000_000


class _SafeConsole(Console):
    """A console that prints no control characters of texts, so that only its own styles reach the terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Return the segments of what is printed."""
        return strip_styled(super().render(renderable, options))

    def on_broken_pipe(self) -> None:
        """Pass the error on; rich would exit with 1, which means that something failed."""
        raise BrokenPipeError(errno.EPIPE, "the reader of the output left")


def make_console(**options: bool) -> Console:
    """Return a console that prints no control characters of texts; `options` are those of rich's Console.

    What goes to a file or a program is not cut or broken at the width of a terminal.
    """
    made = _SafeConsole(**options)  # type: ignore[arg-type] # all are flags
    if not made.is_terminal:
        made.width = _UNLIMITED_WIDTH
    return made


def print_json(value: object) -> None:
    """Print a value as one line of JSON."""
    click.echo(escape_controls(json.dumps(value, ensure_ascii=False)))


def print_indented_json(value: object) -> None:
    """Print a value as JSON with a line for each member."""
    click.echo(escape_controls(json.dumps(value, ensure_ascii=False, indent=4)))


def run_command(
    work: Callable[[Console], None],
    *,
    as_json: bool,
    describe: Callable[[TaskFailure], str] = lambda failure: describe_places(failure.message),
) -> int:
    """Call `work` with a console on standard error; print its TaskFailure, if any, and return the exit status.

    `describe` returns the text of a failure; JSON has the message with its JSON pointers.
    """
    configure_logging("task", level="WARNING")
    console = make_console(stderr=True)
    try:
        work(console)
    except TaskFailure as failure:
        _print_failure(failure, console, as_json=as_json, describe=describe)
        return exit_status(failure.code)
    return 0


def _print_failure(
    failure: TaskFailure, console: Console, *, as_json: bool, describe: Callable[[TaskFailure], str]
) -> None:
    if as_json:
        print_json({"status": "Fail", "code": failure.code, "message": failure.message})
        return
    vocabulary = FAILURES[failure.code]
    console.print(f"[red]{failure.code}[/] {vocabulary.title}", highlight=False)
    console.print(f"  {describe(failure)}", markup=False, highlight=False)
    console.print(f"  {vocabulary.hint_of_command}", style="dim")
