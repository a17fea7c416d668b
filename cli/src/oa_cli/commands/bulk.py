"""`oa bulk`."""

import asyncio
from collections.abc import Callable, Mapping
from typing import NotRequired, TypedDict

import click

from oa_cli.client import Api
from oa_cli.confirmation import confirm
from oa_cli.interruption import explain_interruption
from oa_cli.options import LAYER, SOURCE, STATUSES, limit_option, live_option, reason_option
from oa_cli.output import moment, table
from oa_cli.runner import ExitStatus, json_option, print_answer, run
from oa_shared.value_text import plural

_EVERY_S = 1.0
_OPTIONS = (
    click.option("--status", help=STATUSES),
    click.option("--error", help="Comma-separated failure codes or classes, like upstream,infra.lost."),
    click.option("--source", help=SOURCE),
    click.option("--host", help="Only data from this host."),
    click.option("--layer", type=LAYER, help="Only this layer."),
    click.option("--run", type=int, help="Only this run."),
    live_option,
    click.option("--after", help="Created at or after (RFC 3339)."),
    click.option("--before", help="Created before (RFC 3339)."),
    click.option("--ended-after", help="Ended at or after (RFC 3339)."),
    click.option(
        "--limit", default=5000, show_default=True, type=click.IntRange(1, 5000), help="Maximum jobs (oldest first)."
    ),
    reason_option,
    click.option("--yes", is_flag=True, help="Skip confirmation."),
    click.option("--wait", is_flag=True, help="Wait until the action has ended."),
)


class Skipped(TypedDict):
    """Why jobs were skipped, and how many."""

    reason: str
    jobs: int


class _Bulk(TypedDict):
    action: str
    jobs: int
    done: int
    skipped: int
    waiting: int
    actor: str
    reason: str
    created_at: str | None
    ended_at: str | None


class BulkActionPreview(_Bulk):
    """The preview of a bulk action."""

    matching: int
    matching_is_estimate: bool


class BulkProgress(_Bulk):
    """A bulk action and its progress."""

    id: int
    skip_reasons: NotRequired[list[Skipped]]


class BulkList(TypedDict):
    """GET /api/bulk."""

    bulk_actions: list[BulkProgress]


class _Request(TypedDict):
    action: str
    filter: Mapping[str, object]
    limit: int
    reason: str


@click.group()
def bulk() -> None:
    """Rerun, cancel, confirm or reject many jobs.

    Each action shows a count and asks for confirmation first.
    """


def _add_command(action: str, description: str) -> None:
    def start(*, limit: int, reason: str, yes: bool, wait: bool, as_json: bool, **filters: object) -> None:
        job_filter = {key: value for key, value in filters.items() if value is not None}
        request: _Request = {"action": action, "filter": job_filter, "limit": limit, "reason": reason}
        run(lambda api: _start(api, request, yes=yes, wait=wait, as_json=as_json))

    command: Callable[..., None] = start
    for option in (json_option, *reversed(_OPTIONS)):
        command = option(command)
    bulk.command(action, help=description)(command)


for _name, _description in (
    ("rerun", "Rerun jobs that have ended."),
    ("cancel", "Cancel jobs that have not ended."),
    ("confirm", "Publish jobs that need review."),
    ("reject", "Reject jobs that need review."),
):
    _add_command(_name, _description)


async def _start(api: Api, request: _Request, *, yes: bool, wait: bool, as_json: bool) -> int:
    preview = await api.post("/api/bulk", BulkActionPreview, {**request, "dry_run": True})
    if not preview["matching"]:
        print_answer(preview, "no matching jobs", as_json=as_json)
        return ExitStatus.DONE
    if not yes:
        _confirm(preview)
    action = await api.post("/api/bulk", BulkProgress, {**request, "expected": preview["matching"]})
    with explain_interruption(f"bulk action {action['id']} continues on the server: {_progress_command(action)}"):
        while wait and not action["ended_at"]:
            await asyncio.sleep(_EVERY_S)
            action = await api.get(f"/api/bulk/{action['id']}", BulkProgress)
    print_answer(action, *_describe(action), as_json=as_json)
    return ExitStatus.JOB_FAILED if action["skipped"] else ExitStatus.DONE


def _confirm(preview: BulkActionPreview) -> None:
    prefix = "at least " if preview["matching_is_estimate"] else ""
    confirm(f"matching jobs: {prefix}{preview['matching']:,}; {preview['action']} {preview['jobs']:,} of them?")


def _progress_command(action: BulkProgress) -> str:
    return f"`oa bulk show {action['id']}` shows the progress"


def _describe(action: BulkProgress) -> list[str]:
    if not action["ended_at"]:
        return [f"bulk action {action['id']}: {plural(action['jobs'], 'job')}; {_progress_command(action)}"]
    lines = [f"bulk action {action['id']}: {action['done']} of {action['jobs']} done, {action['skipped']} skipped"]
    return lines + [f"  {item['jobs']} skipped: {item['reason']}" for item in action.get("skip_reasons", [])]


@bulk.command("show")
@click.argument("number", type=int)
@json_option
def bulk_show(number: int, *, as_json: bool) -> None:
    """Show the progress of a bulk action and its skipped jobs."""

    async def work(api: Api) -> int:
        action = await api.get(f"/api/bulk/{number}", BulkProgress)
        print_answer(action, *_describe(action), as_json=as_json)
        return 0

    run(work)


@bulk.command("list")
@limit_option(25)
@json_option
def bulk_list(limit: int, *, as_json: bool) -> None:
    """List bulk actions, newest first."""

    async def work(api: Api) -> int:
        actions = (await api.get("/api/bulk", BulkList, limit=limit))["bulk_actions"]
        columns = ("bulk action", "action", "jobs", "done", "skipped", "remaining", "by", "reason", "created")
        rows = [
            [
                *(item["id"], item["action"], item["jobs"], item["done"], item["skipped"], item["waiting"]),
                *(item["actor"], item["reason"], moment(item["created_at"])),
            ]
            for item in actions
        ]
        print_answer(actions, table("bulk actions", columns, rows), as_json=as_json)
        return 0

    run(work)
