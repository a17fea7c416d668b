"""`oa queue`."""

from typing import TypedDict

import click

from oa_cli.answers import PageAnswer
from oa_cli.client import Api
from oa_cli.options import Command, limit_option, reason_option
from oa_cli.output import list_title, moment, table
from oa_cli.runner import ExitStatus, json_option, print_answer, print_hint, run
from oa_shared.json_types import JsonObject

_NAME = click.Choice(["jobs", "results"])
_BODY_WIDTH = 200


class QueueDepths(TypedDict):
    """The number of messages of a queue."""

    name: str
    visible: int
    in_flight: int
    delayed: int
    dead: int


class QueueList(TypedDict):
    """GET /api/queue."""

    queues: list[QueueDepths]


class DeadLetterAnswer(TypedDict):
    """A dead letter."""

    id: str
    sent_at: str | None
    job: int | None
    attempt: int | None
    reason: str | None
    body: str


class DeadLetterPage(PageAnswer):
    """GET /api/queue/<queue>/dead."""

    messages: list[DeadLetterAnswer]


class Redriven(TypedDict):
    """POST /api/queue/<queue>/redrive."""

    redriven: int
    left: int
    not_found: list[str]


class Discarded(TypedDict):
    """POST /api/queue/<queue>/discard."""

    discarded: int
    left: int
    not_found: list[str]


@click.group()
def queue() -> None:
    """Inspect queues and dead letters."""


@queue.command("list")
@json_option
def queue_list(*, as_json: bool) -> None:
    """Show the number of messages on each queue."""

    async def work(api: Api) -> int:
        queues = (await api.get("/api/queue", QueueList))["queues"]
        columns = ("queue", "waiting", "in flight", "delayed", "dead letters")
        rows = [[item["name"], item["visible"], item["in_flight"], item["delayed"], item["dead"]] for item in queues]
        print_answer(queues, table("queues", columns, rows), as_json=as_json)
        return 0

    run(work)


def _filters(command: Command) -> Command:
    """Add the options that select dead letters."""
    for option in (
        click.option("--kind", help="Only this kind, like job.status."),
        click.option("--reason-contains", help="Only if the reason contains this text."),
        click.option("--job", type=int, help="Only this job."),
    ):
        command = option(command)
    return command


@queue.command("show")
@click.argument("name", type=_NAME)
@limit_option(25)
@click.option("--page", default=0, type=click.IntRange(0), help="The page, from 0.")
@_filters
@json_option
def queue_show(
    name: str,
    limit: int,
    page: int,
    *,
    kind: str | None,
    reason_contains: str | None,
    job: int | None,
    as_json: bool,
) -> None:
    """List the dead letters of a queue, oldest first."""

    async def work(api: Api) -> int:
        filters = {"kind": kind, "reason_contains": reason_contains, "job": job}
        answer = await api.get(f"/api/queue/{name}/dead", DeadLetterPage, limit=limit, page=page, **filters)
        columns = ("id", "sent", "job", "attempt", "reason", "message")
        rows = [
            [
                *(message["id"], moment(message["sent_at"]), message["job"], message["attempt"]),
                *(message["reason"] or "max deliveries exceeded", message["body"][:_BODY_WIDTH]),
            ]
            for message in answer["messages"]
        ]
        title = list_title("dead letter", len(rows), answer)
        print_answer(answer["messages"], table(title, columns, rows), as_json=as_json)
        return 0

    run(work)


@queue.command("redrive")
@click.argument("name", type=_NAME)
@click.argument("messages", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Redrive all of them.")
@_filters
@reason_option
@json_option
def queue_redrive(
    name: str,
    messages: tuple[str, ...],
    *,
    kind: str | None,
    reason_contains: str | None,
    job: int | None,
    reason: str,
    is_all: bool,
    as_json: bool,
) -> None:
    """Redrive dead letters: by ID, by filter or --all."""
    body = _selection(messages, kind=kind, reason_contains=reason_contains, job=job)
    if bool(body) == is_all:
        raise click.UsageError("select dead letters by IDs from `oa queue show`, by filter options, or use --all")

    async def work(api: Api) -> int:
        answer = await api.post(f"/api/queue/{name}/redrive", Redriven, {**body, "reason": reason})
        line = f"{answer['redriven']} redriven to {name}, {answer['left']} left{_not_found(answer['not_found'])}"
        print_answer(answer, line, as_json=as_json)
        if answer["redriven"] and not as_json:
            print_hint(f"`oa queue show {name}` lists messages that fail again, with new IDs")
        return ExitStatus.JOB_FAILED if answer["not_found"] else ExitStatus.DONE

    run(work)


@queue.command("discard")
@click.argument("name", type=_NAME)
@click.argument("messages", nargs=-1)
@_filters
@click.option("--reason", required=True, help="The reason, for the audit log.")
@json_option
def queue_discard(
    name: str,
    messages: tuple[str, ...],
    *,
    kind: str | None,
    reason_contains: str | None,
    job: int | None,
    reason: str,
    as_json: bool,
) -> None:
    """Delete dead letters permanently: by ID or by filter."""
    body = _selection(messages, kind=kind, reason_contains=reason_contains, job=job)
    if not body:
        raise click.UsageError("select dead letters by IDs from `oa queue show` or by filter options")

    async def work(api: Api) -> int:
        answer = await api.post(f"/api/queue/{name}/discard", Discarded, {**body, "reason": reason})
        line = f"{answer['discarded']} discarded, {answer['left']} left in {name}{_not_found(answer['not_found'])}"
        print_answer(answer, line, as_json=as_json)
        return ExitStatus.JOB_FAILED if answer["not_found"] else ExitStatus.DONE

    run(work)


def _selection(
    messages: tuple[str, ...], *, kind: str | None, reason_contains: str | None, job: int | None
) -> JsonObject:
    """Return the part of the request that selects dead letters; empty if nothing does."""
    selection = {"messages": list(messages), "kind": kind, "reason_contains": reason_contains, "job": job}
    return {key: value for key, value in selection.items() if value}


def _not_found(ids: list[str]) -> str:
    return f"; not found: {', '.join(ids)}" if ids else ""
