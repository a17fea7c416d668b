"""`oa events`."""

from typing import Any

import click

from oa_cli.client import Api
from oa_cli.event_stream import events_of
from oa_cli.output import console, show_json
from oa_cli.session import EXIT_STATUSES, call, json_option


@click.command(epilog=EXIT_STATUSES)
@click.option("--run", type=int, help="Of the jobs of this run.")
@click.option("--job", type=int, help="Of this job.")
@click.option("--kind", help="Of these kinds, with commas, like data.published.")
@click.option("--after", help="After the event with this id.")
@click.option("--limit", default=25, show_default=True, type=click.IntRange(1, 1000), help="The latest so many.")
@click.option("--follow", is_flag=True, help="Go on with what happens, until interrupted.")
@json_option
def events(limit: int, *, follow: bool, as_json: bool, **filters: Any) -> None:
    """Print what happened to jobs, oldest first; --follow goes on, and misses nothing when the connection breaks."""

    async def work(api: Api) -> int:
        order = "asc" if filters["after"] else "desc"
        found = await api.get("/api/events", limit=limit, order=order, **filters)
        for event in found["events"] if filters["after"] else reversed(found["events"]):
            _tell(event, as_json=as_json)
        if follow:
            after = found["events"][-1]["id"] if filters["after"] and found["events"] else filters["after"]
            given = {**filters, "after": after or found["now"]}
            async for event in events_of(api, **given):
                _tell(event, as_json=as_json)
        return 0

    call(work)


def _tell(event: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(event)
        return
    what = " ".join(filter(None, (event["kind"], event["status"], event["error"])))
    whose = f"job {event['job']} of run {event['run']} {event['source_name']} {event['layer']}/{event['name']}"
    console.print(
        f"{event['created_at'][11:19]} {event['id']} {whose}: {what}", markup=False, highlight=False, soft_wrap=True
    )
