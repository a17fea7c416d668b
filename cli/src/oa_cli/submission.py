"""From files and URLs to the elements of a request, with a prompt if a file has several entries."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from oa_cli.answers import RefusalAnswer
from oa_cli.runner import ExitStatus, LocalDefinition
from oa_shared.definition_address import MAX_DEFINITION_BYTES
from oa_shared.json_faults import describe_json_fault
from oa_shared.json_types import JsonObject
from oa_shared.source_definition import DefinitionProblem, entries, validate_definition

_STANDARD_INPUT = "-"
_INPUT_NAME = "stdin"


class InvalidFileError(click.ClickException):
    """A file is not a definition."""

    exit_code = ExitStatus.REJECTED


def read_element(source: str, layer: str | None, name: str | None) -> JsonObject:
    """Return the element for a source: its URL, or its definition with the source name.

    Raises click.UsageError if there is no such file, InvalidFileError if it is not JSON.
    """
    path = Path(source)
    if source.startswith(("http://", "https://")):
        return {"source": source, **_selection(layer, name)}
    is_input = source == _STANDARD_INPUT
    if not is_input and not path.is_file():
        raise click.UsageError(f"{source} is neither a file nor an HTTP URL")
    raw = _read_bytes(None if is_input else path)
    if len(raw) > MAX_DEFINITION_BYTES:
        raise InvalidFileError(f"{source} is larger than {MAX_DEFINITION_BYTES:,} bytes: is it a definition?")
    try:
        text = raw.decode("utf-8-sig")
        definition = json.loads(text)
    except json.JSONDecodeError as error:
        place, fault = f"{source}:{error.lineno}:{error.colno}", describe_json_fault(error, with_place=False)
        raise InvalidFileError(f"{place}: not JSON: {fault}") from error
    except ValueError as error:
        raise InvalidFileError(f"{source}: not JSON: {describe_json_fault(error)}") from error
    except RecursionError as error:
        raise InvalidFileError(f"{source} is nested too deeply") from error
    if not is_input and sys.stdin.isatty() and not validate_definition(definition):
        layer, name = _prompt(definition, layer, name)
    # As text, pages of the job show the file with the layout and the line numbers of its author.
    element = {"source": text, "source_name": _INPUT_NAME if is_input else source_name(path)}
    return {**element, **_selection(layer, name)}


def _read_bytes(path: Path | None) -> bytes:
    """Return a file or, for None, standard input: at most a byte more than a definition has."""
    if path is None:
        return sys.stdin.buffer.read(MAX_DEFINITION_BYTES + 1)
    try:
        with path.open("rb") as file:
            return file.read(MAX_DEFINITION_BYTES + 1)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}") from error


def definition_files(sources: Sequence[str], elements: Sequence[JsonObject]) -> list[LocalDefinition | None]:
    """Return the file of each element as the user named it, None for a URL."""
    return [
        LocalDefinition(source, str(element["source"])) if "source_name" in element else None
        for source, element in zip(sources, elements, strict=True)
    ]


def find_refusals(elements: Sequence[JsonObject]) -> list[RefusalAnswer]:
    """Return why the API would refuse every element, as far as that is sure; empty if it may accept one."""
    refusals: list[RefusalAnswer] = []
    for index, element in enumerate(elements):
        problems = _find_problems(element)
        if not problems:
            return []
        name = str(element["source_name"])
        refusals += [
            RefusalAnswer(
                index=index, source=name, pointer=problem.pointer, code="source.schema", message=problem.message
            )
            for problem in problems
        ]
    return refusals


def _find_problems(element: JsonObject) -> list[DefinitionProblem]:
    """Return the problems of the definition of an element; none of a URL, whose definition the API reads."""
    return validate_definition(json.loads(str(element["source"]))) if "source_name" in element else []


def source_name(path: Path) -> str:
    """Return the path below `sources/`, or else the file name, without the extension."""
    parts = path.absolute().with_suffix("").parts
    below = parts[len(parts) - parts[::-1].index("sources") :] if "sources" in parts else parts[-1:]
    return "/".join("".join(c if c.isalnum() or c in "._-" else "_" for c in part) for part in below)


def _prompt(definition: dict[str, Any], layer: str | None, name: str | None) -> tuple[str | None, str | None]:
    """Prompt for one of the matching entries if there are several; an empty answer means all."""
    matching = [e for e in entries(definition) if layer in (None, e.layer) and name in (None, e.name)]
    if len(matching) < 2:  # noqa: PLR2004 - one entry needs no prompt
        return layer, name
    choices = [f"{entry.layer}/{entry.name}" for entry in matching]
    answer = click.prompt("Which entry", type=click.Choice([*choices, "all"]), default="all", err=True)
    if answer == "all":
        return layer, name
    entry = matching[choices.index(answer)]
    return entry.layer, entry.name


def _selection(layer: str | None, name: str | None) -> dict[str, str]:
    return {key: value for key, value in (("layer", layer), ("name", name)) if value is not None}
