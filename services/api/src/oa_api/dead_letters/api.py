"""The endpoints below /api/queue."""

from dataclasses import asdict
from functools import partial
from typing import Any

from aiohttp import web

from oa_api.db import counting
from oa_api.dead_letters.dead_letter_view import DeadLetterFilter, view
from oa_api.dead_letters.dead_letters import MAX_LOOKED_AT, RedriveResult, discard, peek, redrive
from oa_api.dead_letters.schemas import (
    DeadFilterSchema,
    DeadLetterSchema,
    DepthListSchema,
    DiscardedSchema,
    DiscardSchema,
    RedrivenSchema,
    RedriveSchema,
)
from oa_api.http import paging
from oa_api.http.app_keys import DATABASE, QUEUES, QueuePair
from oa_api.http.errors import NotFoundError
from oa_api.http.request_parsing import body, query
from oa_api.identity import audit_log
from oa_api.identity.principal import PRINCIPAL
from oa_shared.queue import Queue, ReceivedMessage

_LETTER = DeadLetterSchema()
_NAMED = 100


async def list_queues(request: web.Request) -> web.Response:
    """Return how many messages wait on each queue, and how many lie dead."""
    depths = [
        {
            "name": name,
            **asdict(await pair.main.depth()),
            "dead": (await pair.dead.depth()).visible if pair.dead else None,
        }
        for name, pair in request.app[QUEUES].items()
    ]
    return web.json_response(DepthListSchema().dump({"queues": depths}))


async def list_dead(request: web.Request) -> web.Response:
    """Return a page of dead letters, oldest first, and leave them all where they are."""
    name = request.match_info["queue"]
    _, dead = pair_of(request, name)
    asked = await query(request, DeadFilterSchema())
    found, total = await letters(dead, asked)
    start = asked["page"] * asked["limit"]
    rows = [_LETTER.dump(row) for row in found[start : start + asked["limit"] + 1]]
    return paging.page_response(request, asked, "messages", rows, total=total, queue=name)


async def letters(dead: Queue, asked: dict[str, Any]) -> tuple[list[dict[str, Any]], counting.Total]:
    """Return the letters of a filter, decoded, and how many there are."""
    looked_at = await peek(dead)
    found = [view(message) for message in looked_at if chosen(asked).takes(message)]
    return found, counting.Total(len(found), is_estimate=len(looked_at) >= MAX_LOOKED_AT)


async def post_redrive(request: web.Request) -> web.Response:
    """Send dead letters back to the queue that they came from."""
    asked = await body(request, RedriveSchema())
    done, left = await apply(request, request.match_info["queue"], "redrive", asked)
    view_of = {"queue": request.match_info["queue"], "redriven": done.done, "not_found": done.not_found, "left": left}
    return web.json_response(RedrivenSchema().dump(view_of))


async def post_discard(request: web.Request) -> web.Response:
    """Throw dead letters away."""
    asked = await body(request, DiscardSchema())
    done, left = await apply(request, request.match_info["queue"], "discard", asked)
    view_of = {"queue": request.match_info["queue"], "discarded": done.done, "not_found": done.not_found, "left": left}
    return web.json_response(DiscardedSchema().dump(view_of))


async def apply(request: web.Request, name: str, action: str, asked: dict[str, Any]) -> tuple[RedriveResult, int]:
    """Redrive or discard what is asked for, with a row of the audit trail; return what was done and what is left."""
    pair, dead = pair_of(request, name)
    tell = partial(_record, request, name, action, asked["reason"])
    choice = chosen(asked)
    done = await (redrive(pair, dead, choice, tell=tell) if action == "redrive" else discard(dead, choice, tell=tell))
    return done, (await dead.depth()).visible


def chosen(asked: dict[str, Any]) -> DeadLetterFilter:
    """Return which letters are asked for."""
    ids = asked.get("messages")
    return DeadLetterFilter(
        frozenset(ids) if ids is not None else None, asked["kind"], asked["reason_contains"], asked["job"]
    )


async def _record(request: web.Request, name: str, action: str, reason: str, messages: list[ReceivedMessage]) -> None:
    """Write down what is about to be done, so that nothing is done that is not written down."""
    told = [{key: shown[key] for key in ("id", "kind", "job", "reason")} for shown in map(view, messages[:_NAMED])]
    detail = {"letters": len(messages), "named": told}
    by = request[PRINCIPAL]
    await request.app[DATABASE].run(
        lambda transaction: audit_log.record(
            transaction, by, action=f"queue.{action}", subject=f"queue/{name}", reason=reason, detail=detail
        )
    )


def pair_of(request: web.Request, name: str) -> tuple[QueuePair, Queue]:
    """Return a queue with its dead-letter queue. Raises NotFoundError."""
    pairs = request.app[QUEUES]
    pair = pairs.get(name)
    if pair is None:
        raise NotFoundError(f"there is no queue {name[:40]!r}: use {' or '.join(pairs)}")
    if pair.dead is None:
        raise NotFoundError(f"the queue {name} has no dead-letter queue: set OA_{name.upper()}_DLQ_URL")
    return pair, pair.dead
