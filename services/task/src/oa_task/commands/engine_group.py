"""The group of the commands of `oa-task`; it loads nothing, so that a job starts at once."""

import os

import click

from oa_shared.command_ending import CALLER_VARIABLE, end_quietly
from oa_shared.failures import exit_status


class EngineCommands(click.Group):
    """A group whose commands end as shells expect it."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: object
    ) -> click.Context:
        """Return the context; it prints the help of the program, whose reader may leave.

        `oa` passes its own name, so that usage lines and hints name the command that was typed.
        """
        info_name = os.environ.get(CALLER_VARIABLE) or info_name
        with end_quietly(unwritable=exit_status("resource.disk_full")):
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command, and end as shells expect it."""
        with end_quietly(unwritable=exit_status("resource.disk_full")):
            try:
                return super().invoke(ctx)
            except click.Abort as abort:  # a prompt turns Ctrl-C into this
                raise KeyboardInterrupt from abort
