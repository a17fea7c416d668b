"""The endpoints below /api/queue."""

from dataclasses import asdict

from aiohttp import web

from oa_api.db.pages import Page
from oa_api.dead_letters.actions import act_on_dead_letters, find_queue
from oa_api.dead_letters.dead_letter import DeadLetterFilter
from oa_api.dead_letters.dead_letters import RedriveResult, list_dead_letters
from oa_api.dead_letters.reader import READER
from oa_api.dead_letters.requests import DeadLetterAction, DeadLetterCommand
from oa_api.dead_letters.schemas import (
    DeadLetterListFilterSchema,
    DeadLetterSchema,
    DiscardResultSchema,
    DiscardSchema,
    QueueDepthListSchema,
    RedriveResultSchema,
    RedriveSchema,
)
from oa_api.http.app_keys import DATABASE, QUEUES
from oa_api.http.paging import list_response
from oa_api.http.request_parsing import read_body, read_query
from oa_api.identity.principal import PRINCIPAL
from oa_shared.time_limits import limit_waits

# How long one call of the queue may take; a queue that hangs is answered with 503 after it.
_QUEUE_WAIT_S = 2.0
_DEAD_LETTER = DeadLetterSchema()


async def list_queues(request: web.Request) -> web.Response:
    """Return the depth of each queue and of its dead-letter queue."""
    with limit_waits(_QUEUE_WAIT_S, total_s=_QUEUE_WAIT_S):
        depths = [
            {
                "name": name,
                **asdict(await pair.main.depth()),
                "dead": (await pair.dead.depth()).visible if pair.dead else None,
            }
            for name, pair in request.app[QUEUES].items()
        ]
    return web.json_response(QueueDepthListSchema().dump({"queues": depths}))


async def list_dead(request: web.Request) -> web.Response:
    """Return a page of dead letters, oldest first; all stay on their queue."""
    name = request.match_info["queue"]
    _, dead = find_queue(request.app[QUEUES], name)
    window = await read_query(request, DeadLetterListFilterSchema())
    with limit_waits(_QUEUE_WAIT_S):
        messages, total = await list_dead_letters(dead, DeadLetterFilter.of_selection(window))
    page = Page.cut(messages[window.page * window.limit :], window.limit, total)
    return list_response(request, window, "messages", page, serialize=_DEAD_LETTER.dump, queue=name)


async def post_redrive(request: web.Request) -> web.Response:
    """Send dead letters back to their queue."""
    command = await read_body(request, RedriveSchema())
    result, left = await _act(request, DeadLetterAction.REDRIVE, command)
    response = {"queue": request.match_info["queue"], "redriven": result.done, "not_found": result.not_found}
    return web.json_response(RedriveResultSchema().dump({**response, "left": left}))


async def post_discard(request: web.Request) -> web.Response:
    """Delete dead letters."""
    command = await read_body(request, DiscardSchema())
    result, left = await _act(request, DeadLetterAction.DISCARD, command)
    response = {"queue": request.match_info["queue"], "discarded": result.done, "not_found": result.not_found}
    return web.json_response(DiscardResultSchema().dump({**response, "left": left}))


async def _act(request: web.Request, action: DeadLetterAction, command: DeadLetterCommand) -> tuple[RedriveResult, int]:
    database, queues, name = request.app[DATABASE], request.app[QUEUES], request.match_info["queue"]
    result = await act_on_dead_letters(database, queues, name, action, command, by=request[PRINCIPAL])
    await request.app[READER].forget(find_queue(queues, name)[1])
    return result
