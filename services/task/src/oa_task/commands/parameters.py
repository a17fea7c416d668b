"""Parameters and texts of help that several commands have; it loads nothing, so that a job starts at once."""

import re
from pathlib import Path

import click

from oa_shared.definition_address import is_data_address, is_web_address

STANDARD_INPUT = "-"
_LIKE_A_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|www\.", re.IGNORECASE)


class DefinitionParameter(click.ParamType[str]):
    """A parameter that is a URL, `-` for standard input, or a path that exists; its value is the text itself."""

    name = "FILE_OR_URL"

    def __init__(self, *, with_folders: bool = False) -> None:
        self._path = click.Path(exists=True, dir_okay=with_folders)

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text. Raises click.BadParameter for a path that does not exist."""
        return value if value == STANDARD_INPUT or is_web_address(value) else str(self._path.convert(value, param, ctx))


class DataParameter(click.ParamType[str]):
    """A parameter that is the URL of data, or the path of a file; its value is the text itself."""

    name = "URL_OR_FILE"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text. Raises click.BadParameter for a path that does not exist, and for standard input."""
        if value == STANDARD_INPUT:
            self.fail("data cannot come from standard input: use a URL or a file", param, ctx)
        if is_data_address(value):
            return value
        if not Path(value).exists() and _LIKE_A_URL.match(value):
            text = (
                f"{value!r} is neither a file nor a URL of data: use one that begins with https://, http:// or ftp://"
            )
            self.fail(text, param, ctx)
        return str(click.Path(exists=True, dir_okay=False).convert(value, param, ctx))


def examples(*commands: str) -> str:
    """Return the end of a help text with a line for each command."""
    lines = "\n".join(f"  {command}" for command in commands)
    return f"\b\nExamples:\n{lines}"
