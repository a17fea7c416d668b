"""Server-sent events, over as many connections as needed."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import TypedDict

from oa_cli.answer_reading import decode_answer
from oa_cli.api_errors import RejectedError, UnreachableError
from oa_cli.client import Api
from oa_cli.output import errors

_PAUSE_S = 2.0


class JobEvent(TypedDict):
    """An event of a job."""

    id: str
    created_at: str
    kind: str
    status: str | None
    error: str | None
    job: int
    run: int
    source_name: str
    layer: str
    name: str


async def job_events(api: Api, **query: object) -> AsyncIterator[JobEvent]:
    """Yield the events of a filter as they happen; a new connection resumes after the last event."""
    last_id = ""
    while True:
        lines = api.lines("/api/events", {"Accept": "text/event-stream", **_resume(last_id)}, **query)
        try:
            async for block in _blocks(lines):
                last_id = block.get("id", last_id)
                if block.get("event") == "reset":
                    raise RejectedError("too many events since that one; start again without --after")
                if block.get("event") == "job":
                    yield decode_answer(block.get("data", ""), JobEvent)
        except UnreachableError as error:
            errors.print(f"{error.detail}; retrying", style="yellow", markup=False, highlight=False)
        await asyncio.sleep(_PAUSE_S)


def _resume(last_id: str) -> Mapping[str, str]:
    return {"Last-Event-ID": last_id} if last_id else {}


async def _blocks(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, str]]:
    """Yield the fields of each event; an empty line ends an event."""
    block: dict[str, str] = {}
    async for line in lines:
        if not line:
            yield block
            block = {}
            continue
        name, _, value = line.partition(":")
        if name:
            block[name] = value.removeprefix(" ")
