"""`oa events`."""

import shlex
from collections.abc import Mapping
from typing import TypedDict

import click

from oa_cli.client import Api
from oa_cli.event_stream import JobEvent, job_events
from oa_cli.interruption import explain_interruption
from oa_cli.output import console, moment, show_json
from oa_cli.runner import json_option, run


class EventPage(TypedDict):
    """GET /api/events; `now` is the end of the feed."""

    events: list[JobEvent]
    now: str


@click.command()
@click.option("--run", "run_id", type=int, help="Only this run.")
@click.option("--job", type=int, help="Only this job.")
@click.option("--kind", help="Comma-separated kinds, like data.published.")
@click.option("--after", help="Only after the event with this ID.")
@click.option("--limit", default=25, show_default=True, type=click.IntRange(1, 1000), help="Maximum number of events.")
@click.option("--follow", is_flag=True, help="Continue with new events until interrupted.")
@json_option
def events(
    run_id: int | None,
    job: int | None,
    kind: str | None,
    after: str | None,
    limit: int,
    *,
    follow: bool,
    as_json: bool,
) -> None:
    """Print job events, oldest first.

    --follow resumes after a lost connection without missing an event.
    """
    filters = {"run": run_id, "job": job, "kind": kind}

    async def work(api: Api) -> int:
        order = "asc" if after else "desc"
        page = await api.get("/api/events", EventPage, limit=limit, order=order, after=after, **filters)
        for event in page["events"] if after else reversed(page["events"]):
            _print_event(event, as_json=as_json)
        if follow:
            last = page["events"][-1]["id"] if after and page["events"] else after
            await _follow(api, filters, last or page["now"], as_json=as_json)
        return 0

    run(work)


async def _follow(api: Api, filters: Mapping[str, object], last: str, *, as_json: bool) -> None:
    """Print the events after `last` until Ctrl-C, which prints where it stopped and the command that continues."""

    def describe_end() -> str:
        options = [f"--{name} {shlex.quote(str(value))}" for name, value in {**filters, "after": last}.items() if value]
        words = " ".join([*options, *(["--json"] if as_json else [])])
        return f"stopped after event {last}: `oa events --follow {words}` continues without a gap"

    with explain_interruption(describe_end):
        async for event in job_events(api, **filters, after=last):
            _print_event(event, as_json=as_json)
            last = event["id"]


def _print_event(event: JobEvent, *, as_json: bool) -> None:
    if as_json:
        show_json(event)
        return
    what = " ".join(filter(None, (event["kind"], event["status"], event["error"])))
    job = f"job {event['job']} of run {event['run']} {event['source_name']} {event['layer']}/{event['name']}"
    console.print(
        f"{moment(event['created_at'])} {event['id']} {job}: {what}", markup=False, highlight=False, soft_wrap=True
    )
