"""`oa bulk`."""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import click

from oa_cli.client import Api
from oa_cli.output import errors, moment, table
from oa_cli.session import EXIT_STATUSES, answer, call, json_option

_LAYER = click.Choice(["addresses", "parcels", "buildings", "centerlines"])
_EVERY_S = 1.0
_FILTERS = (
    click.option("--status", help="In these statuses, with commas."),
    click.option("--error", help="That ended with these codes or classes, with commas, like upstream,infra.lost."),
    click.option("--source", help="Of this source; `us/ca/`, with a slash at the end, is all below."),
    click.option("--host", help="Whose data comes from this host."),
    click.option("--layer", type=_LAYER, help="Of this layer."),
    click.option("--run", type=int, help="Of this run."),
    click.option("--live/--not-live", default=None, help="Of live runs only, or of the others only."),
    click.option("--after", help="Made at or after this moment (RFC 3339)."),
    click.option("--before", help="Made before this moment (RFC 3339)."),
    click.option("--limit", default=5000, show_default=True, type=click.IntRange(1, 5000), help="The oldest so many."),
    click.option("--reason", default="", help="Why, for the audit trail."),
    click.option("--yes", is_flag=True, help="Do not ask."),
    click.option("--wait", is_flag=True, help="Wait until all of them are done."),
)


@click.group()
def bulk() -> None:
    """Do something to every job of a filter; they are counted first."""


def _action(name: str, words: str) -> None:
    """Add the command of one action."""

    def command(*, limit: int, reason: str, yes: bool, wait: bool, as_json: bool, **filters: Any) -> None:
        chosen = {key: value for key, value in filters.items() if value is not None}
        asked = {"action": name, "filter": chosen, "limit": limit, "reason": reason}
        call(lambda api: _do(api, asked, yes=yes, wait=wait, as_json=as_json))

    made: Callable[..., Any] = command
    for option in (json_option, *reversed(_FILTERS)):
        made = option(made)
    bulk.command(name, help=words, epilog=EXIT_STATUSES)(made)


for _name, _words in (
    ("rerun", "Run jobs again that have ended."),
    ("cancel", "Cancel jobs that have not ended."),
    ("confirm", "Let jobs through that the quality gate holds back."),
    ("reject", "End jobs as failed that the quality gate holds back."),
):
    _action(_name, _words)


async def _do(api: Api, asked: dict[str, Any], *, yes: bool, wait: bool, as_json: bool) -> int:
    found = await api.post("/api/job/bulk", {**asked, "dry_run": True})
    if not found["matching"]:
        answer(found, "no job matches to which that can be done", as_json=as_json)
        return 0
    if not yes:
        _ask(asked["action"], found)
    made = await api.post("/api/job/bulk", {**asked, "expected": found["matching"]})
    while wait and not made["ended_at"]:
        await asyncio.sleep(_EVERY_S)
        made = await api.get(f"/api/job/bulk/{made['id']}")
    answer(made, *_told(made), as_json=as_json)
    return 1 if made["skipped"] else 0


def _ask(action: str, found: dict[str, Any]) -> None:
    about = "at least " if found["matching_is_estimate"] else ""
    text = f"jobs that match: {about}{found['matching']:,}; {action} {found['jobs']:,} of them?"
    if not sys.stdin.isatty():
        raise click.UsageError(f"{text} Give --yes to do it.")
    errors.print(text, markup=False, highlight=False)
    click.confirm("Do it", abort=True, err=True)


def _told(made: dict[str, Any]) -> list[str]:
    if not made["ended_at"]:
        return [f"bulk action {made['id']}: {made['jobs']} jobs; `oa bulk show {made['id']}` shows the progress"]
    lines = [f"bulk action {made['id']}: {made['done']} of {made['jobs']} done, {made['skipped']} left alone"]
    return lines + [f"  {item['jobs']} left alone: {item['reason']}" for item in made["skip_reasons"]]


@bulk.command("show", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@json_option
def bulk_show(number: int, *, as_json: bool) -> None:
    """Show how far a bulk action is, and why jobs were left alone."""

    async def work(api: Api) -> int:
        found = await api.get(f"/api/job/bulk/{number}")
        answer(found, *_told(found), as_json=as_json)
        return 0

    call(work)


@bulk.command("list", epilog=EXIT_STATUSES)
@click.option("--limit", default=25, show_default=True, type=click.IntRange(1, 100))
@json_option
def bulk_list(limit: int, *, as_json: bool) -> None:
    """List what was done to many jobs, newest first."""

    async def work(api: Api) -> int:
        found = (await api.get("/api/job/bulk", limit=limit))["bulks"]
        columns = ("bulk", "action", "jobs", "done", "left alone", "to do", "who", "reason", "when (UTC)")
        keys = ("id", "action", "jobs", "done", "skipped", "waiting", "actor", "reason")
        rows = [[*(item[key] for key in keys), moment(item["created_at"])] for item in found]
        answer(found, table("bulk actions", columns, rows), as_json=as_json)
        return 0

    call(work)
