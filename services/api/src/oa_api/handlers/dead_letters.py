"""The endpoints below /api/queue."""

import json
import re
from dataclasses import asdict
from typing import Any

from aiohttp import web

from oa_api.dead_letters import MAX_LOOKED_AT, look, redrive
from oa_api.errors import NotFoundError
from oa_api.handlers import paging
from oa_api.requests import body, query
from oa_api.schemas.queues import DeadLetter, DepthList, Redriven
from oa_api.schemas.requests import Redrive, Slice
from oa_api.services import QUEUES, QueuePair
from oa_shared.queue import Queue, ReceivedMessage

_TOKEN = re.compile(r'("token"\s*:\s*")[^"]*"')
_HIDDEN = "…"
_LETTER = DeadLetter()


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
    return web.json_response(DepthList().dump({"queues": depths}))


async def list_dead(request: web.Request) -> web.Response:
    """Return a page of dead letters, oldest first, and leave them all where they are."""
    _, dead = _pair(request)
    asked = await query(request, Slice())
    found = await look(dead)
    start = asked["page"] * asked["limit"]
    rows = [_LETTER.dump(_view(message)) for message in found[start : start + asked["limit"] + 1]]
    total = paging.Total(len(found), is_estimate=len(found) >= MAX_LOOKED_AT)
    return paging.answer(request, asked, "messages", rows, total=total, queue=request.match_info["queue"])


async def post_redrive(request: web.Request) -> web.Response:
    """Send dead letters back to the queue that they came from."""
    pair, dead = _pair(request)
    asked = await body(request, Redrive())
    done = await redrive(pair, dead, asked["messages"])
    view = {
        "queue": request.match_info["queue"],
        "redriven": done.moved,
        "not_found": done.not_found,
        "left": (await dead.depth()).visible,
    }
    return web.json_response(Redriven().dump(view))


def _pair(request: web.Request) -> tuple[QueuePair, Queue]:
    name, pairs = request.match_info["queue"], request.app[QUEUES]
    pair = pairs.get(name)
    if pair is None:
        raise NotFoundError(f"there is no queue {name[:40]!r}: use {' or '.join(pairs)}")
    if pair.dead is None:
        raise NotFoundError(f"the queue {name} has no dead-letter queue: set OA_{name.upper()}_DLQ_URL")
    return pair, pair.dead


def _view(message: ReceivedMessage) -> dict[str, Any]:
    text = _TOKEN.sub(rf'\1{_HIDDEN}"', message.body)
    decoded = _decoded(text)
    about = {name: decoded.get(name) if decoded else None for name in ("job", "attempt")}
    return {
        "id": message.id,
        "sent_at": message.sent_at,
        "reason": message.attributes.get("reason"),
        "body": text,
        "message": decoded,
        **{name: value if isinstance(value, int) else None for name, value in about.items()},
    }


def _decoded(text: str) -> dict[str, Any] | None:
    try:
        decoded = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None
