"""The texts that programs make of the code: helps as they are printed, and the OpenAPI document."""

from collections.abc import Iterator, Mapping

import click

from support.language.text import Text, hide_code

_SHOWN = frozenset({"summary", "description", "title"})


def help_texts(program: str, command: click.Command) -> Iterator[Text]:
    """Yield the help of a command, of its parameters, and of the commands below it."""
    yield from (Text(program, 0, "help", hide_code(words)) for words in (command.help, command.epilog) if words)
    for parameter in command.params:
        words = getattr(parameter, "help", None)
        if words:
            yield Text(f"{program} {parameter.opts[0]}", 0, "help", hide_code(words))
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from help_texts(f"{program} {name}", inner)


def summaries(program: str, command: click.Command) -> Iterator[tuple[str, str]]:
    """Yield the one line that a list of commands shows of each command."""
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield f"{program} {name}", inner.get_short_help_str(limit=200)
            yield from summaries(f"{program} {name}", inner)


def openapi_texts(value: object, place: str = "openapi") -> Iterator[Text]:
    """Yield summaries, descriptions and titles at any depth of the document, with their JSON pointers."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name in _SHOWN and isinstance(item, str):
                yield Text(f"{place}/{name}", 0, "openapi", hide_code(item))
            else:
                yield from openapi_texts(item, f"{place}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from openapi_texts(item, f"{place}/{index}")
