"""`oa init`, `check`, `try`, `explain`, `diff`, `plan` and `build`, which need the engine but no server.

The engine is a separate program, `oa-task`. It is large, so installing it is optional.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from oa_cli.runner import ExitStatus
from oa_shared.command_ending import CALLER_VARIABLE, shell_status

_PROGRAM = "oa-task"
_MISSING = (
    f"this command needs the engine, but the program {_PROGRAM} is not installed: "
    "install it with `pip install 'oa-cli[engine]'`"
)
_PASS_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
_COMMANDS = {
    "init": "Propose a definition for data at a URL or in a file.",
    "check": "Lint source definitions.",
    "try": "Show the first features of a source, raw and conformed.",
    "explain": "Explain how a row's values were produced.",
    "diff": "Compare two runs or definitions.",
    "plan": "Print a plan for `build` from folders of earlier runs.",
    "build": "Build an export, a collection or the fabric from files.",
}


def engine_commands() -> list[click.Command]:
    """Return the commands of the engine; their options and exit statuses are those of the engine."""
    return [_command(name, description) for name, description in _COMMANDS.items()]


def _command(name: str, description: str) -> click.Command:
    @click.command(name, short_help=description, context_settings=_PASS_ON, add_help_option=False)
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def pass_on(arguments: tuple[str, ...]) -> None:
        sys.exit(_run_engine(name, *arguments))

    return pass_on


def _run_engine(*arguments: str) -> int:
    """Run the engine in this terminal and return its exit status; Ctrl-C reaches the engine directly."""
    program = shutil.which(_PROGRAM, path=str(Path(sys.executable).parent)) or shutil.which(_PROGRAM)
    if program is None:
        click.echo(_MISSING, err=True)
        return ExitStatus.ENGINE_MISSING
    environment = {**os.environ, CALLER_VARIABLE: "oa"}
    with subprocess.Popen((program, *arguments), env=environment) as child:  # noqa: S603 - the engine of this project
        while True:
            try:
                return shell_status(child.wait())
            except KeyboardInterrupt:
                continue
