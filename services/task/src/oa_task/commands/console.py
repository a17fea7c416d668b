"""Running a command: a console for messages, and failures as text or JSON."""

import json
from collections.abc import Callable

import click
from rich.console import Console

from oa_shared.failures import FAILURES, exit_status
from oa_shared.logging import configure_logging
from oa_task.runtime.failure import TaskFailure


def run_command(work: Callable[[Console], None], *, as_json: bool) -> int:
    """Call `work` with a console on standard error; print its TaskFailure, if any, and return the exit status."""
    configure_logging("task", level="WARNING")
    console = Console(stderr=True)
    try:
        work(console)
    except TaskFailure as failure:
        _print_failure(failure, console, as_json=as_json)
        return exit_status(failure.code)
    return 0


def _print_failure(failure: TaskFailure, console: Console, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"status": "Fail", "code": failure.code, "message": failure.message}))
        return
    vocabulary = FAILURES[failure.code]
    console.print(f"[red]{failure.code}[/] {vocabulary.title}", highlight=False)
    console.print(f"  {failure.message}", markup=False, highlight=False)
    console.print(f"  {vocabulary.hint}", style="dim")
