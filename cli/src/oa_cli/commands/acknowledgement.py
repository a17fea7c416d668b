"""`oa ack`."""

from typing import TypedDict

import click

from oa_cli.client import Api
from oa_cli.options import reason_option
from oa_cli.output import moment, table
from oa_cli.runner import json_option, print_answer, run


class Acknowledgement(TypedDict):
    """A failure of a source that is muted until a day."""

    id: int
    source: str
    code: str
    note: str
    owner: str
    issue_url: str | None
    until: str
    actor: str
    created_at: str
    ended_at: str | None
    ended_by: str | None


class AcknowledgementList(TypedDict):
    """GET /api/acknowledgement."""

    acknowledgements: list[Acknowledgement]


@click.group()
def ack() -> None:
    """Acknowledge known failures of sources."""


@ack.command("list")
@click.argument("source", required=False)
@click.option("--ended", is_flag=True, help="List ended ones too.")
@json_option
def ack_list(source: str | None, *, ended: bool, as_json: bool) -> None:
    """List acknowledged failures."""

    async def work(api: Api) -> int:
        filters = {"source": source, "ended": ended}
        listed = (await api.get("/api/acknowledgement", AcknowledgementList, **filters))["acknowledgements"]
        columns = ("ack", "source", "code", "owner", "until", "note", "issue", "ended")
        rows = [
            [
                *(item["id"], item["source"], item["code"], item["owner"], item["until"], item["note"]),
                *(item["issue_url"] or "", moment(item["ended_at"])),
            ]
            for item in listed
        ]
        print_answer(listed, table("acknowledged failures", columns, rows), as_json=as_json)
        return 0

    run(work)


@ack.command("add")
@click.argument("source")
@click.argument("code")
@click.option("--note", required=True, help="A note, visible to everyone.")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The last day, in UTC.")
@click.option("--owner", default="", help="Who takes care of it (default: you).")
@click.option("--issue", help="URL of an issue.")
@json_option
def ack_add(source: str, code: str, *, as_json: bool, note: str, until: object, owner: str, issue: str | None) -> None:
    """Mute the failure CODE of SOURCE until a day.

    The overview, the Errors page and the digest list it as acknowledged. A failure with another code appears
    immediately.
    """
    day = f"{until:%Y-%m-%d}"
    body = {"source": source, "code": code, "note": note, "until": day, "owner": owner, "issue_url": issue}

    async def work(api: Api) -> int:
        created = await api.post("/api/acknowledgement", Acknowledgement, body)
        line = f"acknowledgement {created['id']}: {_describe(created)}; `oa ack end {created['id']}` ends it"
        print_answer(created, line, as_json=as_json)
        return 0

    run(work)


@ack.command("end")
@click.argument("number", type=int)
@reason_option
@json_option
def ack_end(number: int, reason: str, *, as_json: bool) -> None:
    """End an acknowledgement; its failure appears again."""

    async def work(api: Api) -> int:
        ended = await api.delete(f"/api/acknowledgement/{number}", Acknowledgement, {"reason": reason})
        print_answer(ended, f"{ended['code']} of {ended['source']} shows again", as_json=as_json)
        return 0

    run(work)


def _describe(item: Acknowledgement) -> str:
    return f"{item['code']} of {item['source']}, {item['owner']}, until {item['until']}"
