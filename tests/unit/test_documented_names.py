"""Commands, endpoints, settings, make targets, files and Python names in the documents exist."""

import importlib
import importlib.util
import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from oa_api.compatibility.table import read_table
from oa_api.routes import ROUTES
from oa_cli.commands.engine import engine_commands
from oa_cli.main import main as oa
from oa_shared.schedule_types import ScheduleType
from oa_task.main import main as oa_task

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = {"oa": oa, "oa-task": oa_task}
_SHIPPED = (
    "shared/src",
    "services",
    "cli/src",
    "local/src",
    "terraform",
    "bin",
    "docker-compose.yml",
    "Makefile",
    "tests",
)
_SPAN = re.compile(r"```sh\n(.*?)```|`([^`\n]+(?:\n[^`\n]+)?)`", re.DOTALL)
_COMMAND = re.compile(r"^(?:\.venv/bin/)?(oa|oa-task) (.+)$")
_PATH = re.compile(r"^(?:tests|docs|services|shared|cli|local|tools|terraform|bin)/[\w./*-]+$")
# Written by the operator, not committed.
_PRIVATE = {"terraform/prod.tfbackend", "terraform/prod.tfvars"}
_METHODS = "GET|POST|PATCH|PUT|DELETE"


def _spans(path: Path) -> Iterator[str]:
    """Yield the code of a document: each line of a shell block, and each code span on one line."""
    for block, span in _SPAN.findall(path.read_text("utf-8")):
        yield from block.replace("\\\n", " ").splitlines() if block else [re.sub(r"\s+", " ", span)]


def _commands() -> list[tuple[str, str, str]]:
    return sorted(
        {
            (path.name, match[1], match[2].partition(" #")[0].strip())
            for path in DOCUMENTS
            for span in _spans(path)
            if (match := _COMMAND.match(span))
        }
    )


def _endpoints() -> list[tuple[str, str, str]]:
    return sorted(
        {
            (path.name, match[1], match[2])
            for path in DOCUMENTS
            for span in _spans(path)
            if (match := re.match(rf"({_METHODS}) (/[^\s?]*)", span))
        }
    )


def _dotted_names() -> list[tuple[str, str]]:
    pattern = r"^(oa_(?:api|cli|dispatcher|local|shared|task|tools)(?:\.[A-Za-z_]\w*)+)(?:\(\))?$"
    spans = {(path.name, span) for path in DOCUMENTS for span in _spans(path)}
    return sorted((document, match[1]) for document, span in spans if (match := re.match(pattern, span)))


@pytest.mark.parametrize(("document", "program", "arguments"), _commands())
def test_command_exists_with_its_options(document: str, program: str, arguments: str) -> None:
    words = shlex.split(arguments.partition(" > ")[0])
    for alternative in itertools.product(*(word.split("|") for word in words)):
        command, rest = _resolve(program, list(alternative))
        options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        used = {word.partition("=")[0] for word in rest if re.match(r"--\w", word)}
        assert used - options - {"--help"} == set(), f"{document}: {program} {arguments}"


def test_named_commands_of_the_local_stack_exist() -> None:
    source = (ROOT / "local/src/oa_local/main.py").read_text("utf-8")
    words = {
        match[1] for path in DOCUMENTS for span in _spans(path) if (match := re.search(r"\boa-local ([a-z-]+)", span))
    }
    assert words
    assert {word for word in words if f'"{word}"' not in source} == set()


@pytest.mark.parametrize(("document", "method", "path"), _endpoints())
def test_endpoint_exists(document: str, method: str, path: str) -> None:
    pattern = re.compile(
        re.sub(r"\\?\{\w+\\?\}|<\w+>|…|\bN\b", "[^/]+", re.escape(path).replace(r"\<", "<").replace(r"\>", ">"))
    )
    # The table of docs/moving.md also has what openaddresses/batch alone serves; test_compatibility.py calls each row.
    listed = [row.endpoint[1] for row in read_table() if row.endpoint[0] == method] if document == "moving.md" else []
    paths = [*listed, *(route.path for route in ROUTES if route.method == method)]
    known = [re.sub(r"\{\w+\}", "0", path) for path in paths]
    assert any(pattern.fullmatch(item) for item in known), f"{document}: {method} {path}"


def test_named_components_of_pages_exist() -> None:
    templates = ROOT / "services/api/src/oa_api/templates"
    macros = set(re.findall(r"macro (\w+)\(", (templates / "components.html").read_text("utf-8")))
    named = set(re.findall(r"\bui\.(\w+)\(", (ROOT / "docs/pages.md").read_text("utf-8")))
    assert len(named) > 8
    assert named - macros == set()


def test_named_findings_of_check_exist() -> None:
    table = (ROOT / "docs/check.md").read_text("utf-8").partition("## Findings of `check`")[2]
    cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    named = {code for cell in cells for code in re.findall(r"`([a-z_]+)`", cell)}
    folders = (ROOT / "services/task/src/oa_task/check", ROOT / "shared/src/oa_shared/definition_check")
    code = "".join(path.read_text("utf-8") for folder in folders for path in folder.glob("*.py"))
    code += (ROOT / "shared/src/oa_shared/placement.py").read_text("utf-8")
    assert len(named) > 10
    assert {name for name in named if f'"{name}"' not in code} == set()


def test_schedules_are_those_of_maintenance() -> None:
    section = (ROOT / "docs/maintenance.md").read_text("utf-8").partition("| Type | Task |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(ScheduleType)


def test_named_settings_exist() -> None:
    code = "".join(path.read_text("utf-8", errors="replace") for path in _shipped_files())
    variables = {
        name for path in DOCUMENTS for name in re.findall(r"\bOA_[A-Z][A-Z0-9_]*[A-Z0-9]\b", path.read_text("utf-8"))
    }
    derived = {name for name in variables if f"    {name.removeprefix('OA_').lower()}: " in code}
    assert {name for name in variables - derived if name not in code} == set()


def test_named_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {word for path in DOCUMENTS for span in _spans(path) for word in re.findall(r"^make ([a-z-]+)", span)}
    assert len(named) > 10
    assert named - targets == set()


def test_named_paths_exist() -> None:
    names = {name for path in DOCUMENTS for span in _spans(path) for name in re.findall(_PATH, span)}
    assert len(names) > 20
    assert {name for name in names - _PRIVATE if not list(ROOT.glob(name.rstrip("/")))} == set()


@pytest.mark.parametrize(("document", "name"), _dotted_names())
def test_named_python_object_exists(document: str, name: str) -> None:
    parts = name.split(".")
    modules = [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
    module = max(filter(_is_module, modules), key=len)
    found: object = importlib.import_module(module)
    for attribute in parts[module.count(".") + 1 :]:
        assert hasattr(found, attribute), f"{document}: {name}"
        found = getattr(found, attribute)


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _resolve(program: str, words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that words name, and the words after it; `oa` passes some commands to `oa-task`."""
    is_of_engine = program == "oa" and words[0] in {item.name for item in engine_commands()}
    command: click.Command = oa_task if is_of_engine else PROGRAMS[program]
    context = click.Context(command)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, f"unknown command {words[0]!r}"
        command, words = found, words[1:]
    return command, words


def _shipped_files() -> Iterator[Path]:
    for name in _SHIPPED:
        path = ROOT / name
        inside = path.rglob("*") if path.is_dir() else [path]
        yield from (item for item in inside if item.is_file() and item.suffix in {".py", ".tf", ".yml", ".sh", ""})
