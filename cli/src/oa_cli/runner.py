"""One command's talk with the API, and the exit status that says how it went."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import click

from oa_cli.client import Api, RejectedError, UnreachableError, open_api
from oa_cli.output import console, errors, show_json

DONE, JOB_FAILED, UNREACHABLE, REFUSED, HELD_BACK, ENGINE_MISSING, INTERRUPTED = 0, 1, 3, 4, 5, 6, 130
EXIT_STATUSES = """\b
Exit status:
  0    done; where jobs were waited for, all of them succeeded
  1    a job failed or was cancelled, or an element got no job
  2    wrong usage
  3    the API does not answer
  4    the API refused: the words say why
  5    no job failed, but the quality gate holds some back
  6    the engine is not installed
  10+  of check, try, explain, diff, plan, build: 10-19 the source, 20-29 the server or the machine, 30 a bug
  130  interrupted; what was begun goes on"""
json_option = click.option("--json", "as_json", is_flag=True, help="JSON for scripts, one value a line.")
Work = Callable[[Api], Awaitable[int]]


def call(work: Work) -> None:
    """Run against the API and end with the exit status that says what happened."""

    async def session() -> int:
        async with open_api() as api:
            return await work(api)

    try:
        sys.exit(asyncio.run(session()))
    except UnreachableError as error:
        _complain(error.detail)
        sys.exit(UNREACHABLE)
    except RejectedError as error:
        _complain(error.detail)
        _complain_fields(error.fields)
        sys.exit(REFUSED)
    except KeyboardInterrupt:
        _complain("interrupted; what was begun goes on")
        sys.exit(INTERRUPTED)


def answer(value: Any, *shown: Any, as_json: bool) -> None:
    """Print a value for a script, or what is shown of it to a person."""
    if as_json:
        show_json(value)
        return
    for item in shown:
        # An address that is broken into lines cannot be followed.
        console.print(item, markup=False, highlight=False, soft_wrap=isinstance(item, str))


def tell_refusals(refusals: Iterable[Any]) -> None:
    """Name the elements that have no job, with the reasons, on standard error."""
    for refusal in refusals:
        place = f"{refusal['source']} {refusal['pointer']}".strip()
        _complain(f"{place}: {refusal['message']} ({refusal['code']})")


def status_of(jobs: dict[str, int]) -> int:
    """Return the exit status for the counts of an ended run."""
    if jobs["Fail"] or jobs["Cancelled"]:
        return JOB_FAILED
    return HELD_BACK if jobs["Warn"] else DONE


def _complain_fields(fields: dict[str, Any]) -> None:
    for name, reasons in fields.items():
        if isinstance(reasons, list) and reasons and isinstance(reasons[0], dict):
            tell_refusals(reasons)
        else:
            _complain(f"  {name}: {'; '.join(map(str, reasons)) if isinstance(reasons, list) else reasons}")


def _complain(text: str) -> None:
    errors.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
