"""Server-sent events: one line of them after the other, over as many connections as it takes."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from oa_cli.client import Api, RejectedError, UnreachableError
from oa_cli.output import errors

_PAUSE_S = 2.0


async def events_of(api: Api, **query: Any) -> AsyncIterator[dict[str, Any]]:
    """Give the events of a filter as they happen. A connection that breaks is made anew, after the last event."""
    last_id = ""
    while True:
        lines = api.lines("/api/events", {"Accept": "text/event-stream", **_resume(last_id)}, **query)
        try:
            async for block in _blocks(lines):
                last_id = block.get("id", last_id)
                if block.get("event") == "reset":
                    raise RejectedError("too much has happened since that event: begin anew without --after")
                if block.get("event") == "job":
                    yield json.loads(block["data"])
        except UnreachableError as error:
            errors.print(f"{error.detail}; trying again", style="yellow", markup=False, highlight=False)
        await asyncio.sleep(_PAUSE_S)


def _resume(last_id: str) -> Mapping[str, str]:
    return {"Last-Event-ID": last_id} if last_id else {}


async def _blocks(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, str]]:
    """Give the fields of each event; an empty line ends one."""
    block: dict[str, str] = {}
    async for line in lines:
        if not line:
            yield block
            block = {}
            continue
        name, _, value = line.partition(":")
        if name:
            block[name] = value.removeprefix(" ")
