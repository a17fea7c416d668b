"""The help of the command line."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from oa_cli.command_groups import EXAMPLES, GROUPS
from oa_cli.commands import engine
from oa_cli.main import main
from oa_cli.runner import EXIT_STATUSES, ExitStatus
from oa_task import main as oa_task_main

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


ENGINE = set(engine._COMMANDS)
LEAVES = [name for name, command in COMMANDS.items() if not isinstance(command, click.Group)]


def test_help_lists_every_command_below_one_heading() -> None:
    listed = [name for names in GROUPS.values() for name in names]
    assert sorted(listed) == sorted(main.commands)
    lines = CliRunner().invoke(main, ["--help"]).output.splitlines()
    assert [line.rstrip(":") for line in lines if line.rstrip(":") in {*GROUPS, "Commands", "Other"}] == list(GROUPS)


@pytest.mark.parametrize("name", sorted(set(LEAVES) - ENGINE))
def test_help_of_a_command_has_examples_that_it_accepts(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "addresses.zip").touch()
    output = CliRunner().invoke(main, [*name.split(), "--help"]).output
    lines = [line.strip() for line in output.split("Examples:")[1].splitlines() if line.strip()]
    assert lines == [f"oa {line}" for line in EXAMPLES[name]]
    for line in EXAMPLES[name]:
        words = shlex.split(line)
        assert " ".join(words[: len(name.split())]) == name
        COMMANDS[name].make_context(name, words[len(name.split()) :])


@pytest.mark.parametrize("name", sorted(ENGINE))
def test_help_of_an_engine_command_has_examples_that_it_accepts(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    command = oa_task_main.main.commands[name]
    output = CliRunner().invoke(oa_task_main.main, [name, "--help"]).output
    lines = [line.strip() for line in output.split("Examples:")[1].splitlines() if line.strip().startswith("oa ")]
    assert lines
    monkeypatch.chdir(tmp_path)
    for file in ("my-source.json", "before.json", "after.json", "addresses.zip", "plan.json"):
        (tmp_path / file).touch()
    for folder in ("out", "sources/us/ca", "runs/berkeley"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "sources/us/ca/berkeley.json").touch()
    for line in lines:
        command.make_context(name, shlex.split(line)[2:])


def test_help_exit_status_lists_every_status() -> None:
    result = CliRunner().invoke(main, ["help", "exit-status"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.output.splitlines()[2:]] == list(EXIT_STATUSES)
    assert {f"{status}" for status in ExitStatus} <= set(EXIT_STATUSES)


@pytest.mark.parametrize(("words", "status"), [(["help"], 0), (["help", "job", "list"], 0), (["help", "nothing"], 2)])
def test_help_of_a_command_is_its_help(words: list[str], status: int) -> None:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == status
    if not status:
        assert result.output.splitlines()[0].split()[:1] == ["Usage:"]
