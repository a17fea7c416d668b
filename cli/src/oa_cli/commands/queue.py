"""`oa queue`."""

from collections.abc import Callable
from typing import Any

import click

from oa_cli.client import Api
from oa_cli.output import letters_table, table
from oa_cli.session import EXIT_STATUSES, answer, call, json_option

_NAME = click.Choice(["jobs", "results"])


@click.group()
def queue() -> None:
    """Look at queues, and at messages that nobody could deal with."""


@queue.command("list", epilog=EXIT_STATUSES)
@json_option
def queue_list(*, as_json: bool) -> None:
    """Show how much waits on each queue, and how much lies dead."""

    async def work(api: Api) -> int:
        queues = (await api.get("/api/queue"))["queues"]
        columns = ("queue", "waiting", "in hand", "delayed", "dead")
        rows = [[item[key] for key in ("name", "visible", "in_flight", "delayed", "dead")] for item in queues]
        answer(queues, table("queues", columns, rows), as_json=as_json)
        return 0

    call(work)


def _choice(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say which letters are meant."""
    for option in (
        click.option("--kind", help="Messages of this kind, like job.status."),
        click.option("--reason-contains", help="Buried for a reason that has these words in it."),
        click.option("--job", type=int, help="About this job."),
    ):
        command = option(command)
    return command


@queue.command("show", epilog=EXIT_STATUSES)
@click.argument("name", type=_NAME)
@click.option("--limit", default=25, show_default=True, type=click.IntRange(1, 100))
@click.option("--page", default=0, type=click.IntRange(0))
@_choice
@json_option
def queue_show(name: str, limit: int, page: int, *, as_json: bool, **choice: Any) -> None:
    """Show the dead letters of a queue, oldest first, and leave them there."""

    async def work(api: Api) -> int:
        found = await api.get(f"/api/queue/{name}/dead", limit=limit, page=page, **choice)
        answer(found["messages"], letters_table(found["messages"], found), as_json=as_json)
        return 0

    call(work)


@queue.command("redrive", epilog=EXIT_STATUSES)
@click.argument("name", type=_NAME)
@click.argument("messages", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="All of them.")
@_choice
@click.option("--reason", default="", help="Why, for the audit trail.")
@json_option
def queue_redrive(
    name: str, messages: tuple[str, ...], reason: str, *, is_all: bool, as_json: bool, **choice: Any
) -> None:
    """Send dead letters back to their queue: those with these ids, those that are meant, or --all."""
    if bool(messages or any(choice.values())) == is_all:
        raise click.UsageError("name the ids that `oa queue show` lists, say which are meant, or give --all")
    asked = {"messages": list(messages) or None, "reason": reason, **_given(choice)}

    async def work(api: Api) -> int:
        said = await api.post(f"/api/queue/{name}/redrive", asked)
        words = f"{said['redriven']} sent back to {name}, {said['left']} left{_missing(said)}"
        answer(said, words, as_json=as_json)
        return 1 if said["not_found"] else 0

    call(work)


@queue.command("discard", epilog=EXIT_STATUSES)
@click.argument("name", type=_NAME)
@click.argument("messages", nargs=-1)
@_choice
@click.option("--reason", required=True, help="Why, for the audit trail.")
@json_option
def queue_discard(name: str, messages: tuple[str, ...], reason: str, *, as_json: bool, **choice: Any) -> None:
    """Throw dead letters away: those with these ids, or those that are meant."""
    if not messages and not any(choice.values()):
        raise click.UsageError("name the ids that `oa queue show` lists, or say which are meant")
    asked = {"messages": list(messages) or None, "reason": reason, **_given(choice)}

    async def work(api: Api) -> int:
        said = await api.post(f"/api/queue/{name}/discard", asked)
        words = f"{said['discarded']} thrown away, {said['left']} left in {name}{_missing(said)}"
        answer(said, words, as_json=as_json)
        return 1 if said["not_found"] else 0

    call(work)


def _given(choice: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in choice.items() if value is not None}


def _missing(said: dict[str, Any]) -> str:
    return f"; not there: {', '.join(said['not_found'])}" if said["not_found"] else ""
