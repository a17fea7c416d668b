"""`oa check`, `try`, `explain`, `diff`, `plan`, `build`: what needs the engine on this machine, and no server.

The engine is a program of its own, `oa-task`: it is large, and who only talks to the API need not have it.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import click

from oa_cli.runner import ENGINE_MISSING

_PROGRAM = "oa-task"
_MISSING = (
    f"this command needs the engine, the program {_PROGRAM}, which is not installed here: "
    "install it with `pip install 'oa-cli[engine]'`"
)
_PASSED_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
_COMMANDS = {
    "check": "Say what is wrong in source definitions.",
    "try": "Show the first features of a source, raw and conformed.",
    "explain": "Say which rule made which value of a row.",
    "diff": "Compare two runs or definitions: counts, fill rates, features.",
    "plan": "Print a plan for `build` over folders of earlier runs.",
    "build": "Build an export, a collection or the fabric from files.",
}


def engine_commands() -> list[click.Command]:
    """Return a command for each of the engine's that people need; options and exit status are the engine's own."""
    return [_command(name, words) for name, words in _COMMANDS.items()]


def _command(name: str, words: str) -> click.Command:
    @click.command(name, short_help=words, context_settings=_PASSED_ON, add_help_option=False)
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def passed_on(arguments: tuple[str, ...]) -> None:
        sys.exit(_run(name, *arguments))

    return passed_on


def _run(*arguments: str) -> int:
    """Run the engine with this terminal; Ctrl-C reaches it by itself."""
    program = shutil.which(_PROGRAM, path=str(Path(sys.executable).parent)) or shutil.which(_PROGRAM)
    if program is None:
        click.echo(_MISSING, err=True)
        return ENGINE_MISSING
    with subprocess.Popen((program, *arguments)) as child:  # noqa: S603 - our own program
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue
