"""The definition that a command works on: a file, standard input, or the file at a URL, which is downloaded first."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from oa_shared.definition_address import MAX_DEFINITION_BYTES, is_web_address, raw_address
from oa_shared.public_http import Guard
from oa_task.commands.console import run_command
from oa_task.commands.parameters import STANDARD_INPUT
from oa_task.runtime.allowed_hosts import read_allowed_hosts

_TIME_LIMIT_S = 60.0
_INPUT_NAME = "stdin.json"


@contextmanager
def local_definition(source: str, *, as_json: bool) -> Iterator[Path]:
    """Yield the path of a definition or folder; one at a URL or of standard input is copied for the block.

    Prints the failure of a download and exits with its status.
    """
    if source != STANDARD_INPUT and not is_web_address(source):
        yield Path(source)
        return
    with tempfile.TemporaryDirectory(prefix="oa-definition-") as folder:
        downloaded: list[Path] = []
        work = lambda _console: downloaded.append(copy_definition(source, Path(folder)))  # noqa: E731 - for one call
        status = run_command(work, as_json=as_json)
        if status:
            sys.exit(status)
        yield downloaded[0]


def copy_definition(source: str, folder: Path) -> Path:
    """Write the definition at a URL or of standard input into a folder, and return its path. Raises TaskFailure."""
    if source != STANDARD_INPUT:
        return fetch_definition(source, folder)
    path = folder / _INPUT_NAME
    path.write_bytes(_read_input())
    return path


@cache
def _read_input() -> bytes:
    """Return standard input, which can be read once but may be named twice, up to a byte more than a definition has."""
    return sys.stdin.buffer.read(MAX_DEFINITION_BYTES + 1)


def fetch_definition(address: str, folder: Path) -> Path:
    """Download a definition into a folder through the guard of all downloads, and return its path.

    A page of a file on GitHub stands for the file. Raises TaskFailure.
    """
    from oa_task.download.http import HttpDownload  # noqa: PLC0415 - files need no HTTP client
    from oa_task.download.limits import AUTHOR_LIMITS  # noqa: PLC0415 - likewise

    limits = replace(AUTHOR_LIMITS, size_bytes=MAX_DEFINITION_BYTES, total_s=_TIME_LIMIT_S)
    download = HttpDownload(Guard(read_allowed_hosts()), limits, {})
    return asyncio.run(download.fetch(raw_address(address), folder, lambda _done, _total: None)).path
