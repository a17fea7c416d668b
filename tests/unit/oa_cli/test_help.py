"""The help of the command line."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from oa_cli.main import main
from oa_cli.runner import EXIT_STATUSES

_LONGEST = 60


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield " ".join((*path, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)


COMMANDS = dict(commands(main))


@pytest.mark.parametrize("name", COMMANDS)
def test_description_fits_a_list_of_commands(name: str) -> None:
    description = COMMANDS[name].get_short_help_str(limit=200)
    assert description.endswith(".")
    assert len(description) < _LONGEST


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help(name: str) -> None:
    options = [option for option in COMMANDS[name].params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_help_exit_status_lists_every_status() -> None:
    result = CliRunner().invoke(main, ["help", "exit-status"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.output.splitlines()[2:]] == list(EXIT_STATUSES)


@pytest.mark.parametrize(("words", "status"), [(["help"], 0), (["help", "job", "list"], 0), (["help", "nothing"], 2)])
def test_help_of_a_command_is_its_help(words: list[str], status: int) -> None:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == status
    if not status:
        assert result.output.splitlines()[0].split()[:1] == ["Usage:"]
