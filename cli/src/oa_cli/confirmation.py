"""The question before a command that changes much or cannot be undone."""

import sys

import click

from oa_cli.output import errors


def is_interactive() -> bool:
    """Return whether the user can answer a question."""
    return sys.stdin.isatty()


def confirm(text: str) -> None:
    """Ask whether to continue; `text` is what the command will change.

    Raises click.Abort if not, click.UsageError without a terminal.
    """
    if not is_interactive():
        raise click.UsageError(f"{text} Use --yes to confirm.")
    errors.print(text, markup=False, highlight=False)
    click.confirm("Continue", abort=True, err=True)
