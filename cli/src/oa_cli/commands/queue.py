"""`oa queue`."""

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


@queue.command("show", epilog=EXIT_STATUSES)
@click.argument("name", type=_NAME)
@click.option("--limit", default=25, show_default=True, type=click.IntRange(1, 100))
@click.option("--page", default=0, type=click.IntRange(0))
@json_option
def queue_show(name: str, limit: int, page: int, *, as_json: bool) -> None:
    """Show the dead letters of a queue, oldest first, and leave them there."""

    async def work(api: Api) -> int:
        found = await api.get(f"/api/queue/{name}/dead", limit=limit, page=page)
        answer(found["messages"], letters_table(found["messages"], found), as_json=as_json)
        return 0

    call(work)


@queue.command("redrive", epilog=EXIT_STATUSES)
@click.argument("name", type=_NAME)
@click.argument("messages", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="All of them.")
@json_option
def queue_redrive(name: str, messages: tuple[str, ...], *, is_all: bool, as_json: bool) -> None:
    """Send dead letters back to their queue: those with these ids, or --all."""
    if bool(messages) == is_all:
        raise click.UsageError("name the ids that `oa queue show` lists, or give --all")

    async def work(api: Api) -> int:
        said = await api.post(f"/api/queue/{name}/redrive", {"messages": list(messages) or None})
        missing = f"; not there: {', '.join(said['not_found'])}" if said["not_found"] else ""
        answer(said, f"{said['redriven']} sent back to {name}, {said['left']} left{missing}", as_json=as_json)
        return 1 if said["not_found"] else 0

    call(work)
