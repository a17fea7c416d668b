"""Running a command against the API, and the exit status of its outcome."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import cast

import click
from rich.console import RenderableType

from oa_cli.answer_shape import find_shape_fault
from oa_cli.answers import RefusalAnswer
from oa_cli.api_errors import NotAllowedError, RejectedError, UnreachableError
from oa_cli.client import Api, open_api
from oa_cli.command_groups import UNWRITABLE
from oa_cli.hints import failure_hint
from oa_cli.interruption import WaitInterruptedError
from oa_cli.output import console, errors, show_json
from oa_shared.command_ending import INTERRUPTED, READER_LEFT
from oa_shared.definition_places import describe_place, describe_places, locate_place, name_places
from oa_shared.json_types import JsonMapping


@dataclass(frozen=True, slots=True)
class LocalDefinition:
    """A definition of this machine: how the user named it, and its text."""

    source: str
    text: str


class ExitStatus(IntEnum):
    """The exit statuses of `oa`; its engine commands have those of the engine too."""

    DONE = 0
    JOB_FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    REJECTED = 4
    NEEDS_REVIEW = 5
    ENGINE_MISSING = 6
    NOT_ALLOWED = 7
    UNWRITABLE = UNWRITABLE
    SYSTEM_PROBLEM = 9
    INTERRUPTED = INTERRUPTED
    READER_LEFT = READER_LEFT


EXIT_STATUSES: Mapping[str, str] = {
    f"{ExitStatus.DONE}": "done; with --follow or --wait, all jobs succeeded",
    f"{ExitStatus.JOB_FAILED}": (
        "a job failed or was canceled, an element of the request has no job, or shadow found a difference"
    ),
    f"{ExitStatus.USAGE}": "wrong usage",
    f"{ExitStatus.UNREACHABLE}": "the API does not answer",
    f"{ExitStatus.REJECTED}": "request rejected: an invalid definition or value, or no such object",
    f"{ExitStatus.NEEDS_REVIEW}": "no job failed, but some need review",
    f"{ExitStatus.ENGINE_MISSING}": "the engine is not installed",
    f"{ExitStatus.NOT_ALLOWED}": "the token is missing, invalid or expired, or its role is too low",
    f"{ExitStatus.UNWRITABLE}": "the output cannot be written, for example because the disk is full",
    f"{ExitStatus.SYSTEM_PROBLEM}": "status: the system has a problem",
    "10-19": "init, check, try, explain, diff, plan, build: the source is at fault",
    "20-29": "likewise: the server or this machine is at fault",
    "30": "likewise: a bug",
    f"{ExitStatus.INTERRUPTED}": "interrupted; the run continues on the server",
    f"{ExitStatus.READER_LEFT}": "the program that reads the output ended first, such as `head` or a pager",
}
json_option = click.option("--json", "as_json", is_flag=True, help="Output JSON lines.")
Work = Callable[[Api], Awaitable[int]]


def run(work: Work, files: Sequence[LocalDefinition | None] = ()) -> None:
    """Run `work` against the API and exit with its status, or with that of its error.

    `files` are the definitions of the elements of its request, which refusals name.
    """

    async def with_api() -> int:
        async with open_api() as api:
            return await work(api)

    try:
        sys.exit(asyncio.run(with_api()))
    except UnreachableError as error:
        print_error(error.detail)
        sys.exit(ExitStatus.UNREACHABLE)
    except RejectedError as error:
        print_error(error.detail)
        _print_field_errors(error.fields, files)
        sys.exit(ExitStatus.NOT_ALLOWED if isinstance(error, NotAllowedError) else ExitStatus.REJECTED)
    except WaitInterruptedError as error:
        print_error(f"interrupted; {error.detail}")
        sys.exit(ExitStatus.INTERRUPTED)
    except KeyboardInterrupt:
        print_error("interrupted; what the server has started continues")
        sys.exit(ExitStatus.INTERRUPTED)


def print_answer(value: object, *shown: RenderableType, as_json: bool) -> None:
    """Print an answer as JSON, or the tables and lines that show it."""
    if as_json:
        show_json(value)
        return
    for item in shown:
        # A URL that is broken into lines cannot be followed.
        console.print(item, markup=False, highlight=False, soft_wrap=isinstance(item, str))


def print_refusals(refusals: Iterable[RefusalAnswer], files: Sequence[LocalDefinition | None] = ()) -> None:
    """Print the elements without a job, with the reasons, to standard error.

    Those of `files`, by their index in the request, are named as `oa check` names them: `file:line:column`.
    """
    for refusal in refusals:
        print_error(_describe_refusal(refusal, files))
        print_hint(failure_hint(refusal["code"]))


def _describe_refusal(refusal: RefusalAnswer, files: Sequence[LocalDefinition | None]) -> str:
    index, pointer, message = refusal.get("index"), refusal["pointer"], refusal["message"]
    file = files[index] if index is not None and index < len(files) else None
    if file is not None:
        place, message = locate_place(pointer, file.source, file.text), name_places(message, file.source, file.text)
    else:
        place = f"{refusal['source']}: {describe_place(pointer)}" if pointer else refusal["source"]
    return f"{place}: {message} ({refusal['code']})"


def exit_status_of(jobs: Mapping[str, int]) -> ExitStatus:
    """Return the exit status for the number of jobs by status of a run that has ended."""
    if jobs["Fail"] or jobs["Canceled"]:
        return ExitStatus.JOB_FAILED
    return ExitStatus.NEEDS_REVIEW if jobs["Warn"] else ExitStatus.DONE


def print_error(text: str) -> None:
    """Print a line to standard error."""
    errors.print(describe_places(text), style="red", markup=False, highlight=False, soft_wrap=True)


def print_hint(text: str) -> None:
    """Print the next step after an error to standard error; nothing for an empty text."""
    if text:
        errors.print(f"  {text}", style="dim", markup=False, highlight=False, soft_wrap=True)


def _print_field_errors(fields: JsonMapping, files: Sequence[LocalDefinition | None]) -> None:
    for name, reasons in fields.items():
        if reasons and find_shape_fault(reasons, list[RefusalAnswer]) is None:
            print_refusals(cast("list[RefusalAnswer]", reasons), files)
        else:
            print_error(f"  {name}: {'; '.join(map(str, reasons)) if isinstance(reasons, list) else reasons}")
