"""The endpoints below /api/queue."""

from dataclasses import asdict

from aiohttp import web

from oa_api.services import JOBS_QUEUE, RESULTS_QUEUE


async def list_queues(request: web.Request) -> web.Response:
    """Return how many messages wait on each queue."""
    named = {"jobs": request.app[JOBS_QUEUE], "results": request.app[RESULTS_QUEUE]}
    depths = [{"name": name, **asdict(await queue.depth())} for name, queue in named.items()]
    return web.json_response({"queues": depths})
