"""The endpoints below /api/job/bulk."""

from typing import Any

from aiohttp import web

from oa_api.bulk_actions import bulk_actions
from oa_api.bulk_actions.schemas import BulkFilterSchema, BulkListSchema, BulkSchema, NewBulkSchema
from oa_api.db.database import Row
from oa_api.http.app_keys import DATABASE
from oa_api.http.idempotency import read_idempotency_key
from oa_api.http.request_parsing import body, path_id, query
from oa_api.identity.principal import PRINCIPAL

_BULK = BulkSchema()


async def post_bulk(request: web.Request) -> web.Response:
    """Count the jobs that match, or do something to all of them."""
    asked, database = await body(request, NewBulkSchema()), request.app[DATABASE]
    if asked["dry_run"]:
        return web.json_response(_BULK.dump(await counted(request, asked)))
    key = await read_idempotency_key(request, "job/bulk")
    number = await database.run(
        lambda transaction: bulk_actions.start(transaction, asked, by=request[PRINCIPAL], once=key)
    )
    return web.json_response(_BULK.dump(await bulk_actions.progress(database, number)))


async def counted(request: web.Request, asked: dict[str, Any]) -> Row:
    """Return what a bulk action would do."""
    total = await bulk_actions.count(request.app[DATABASE], bulk_actions.matching(asked["action"], asked["filter"]))
    jobs = min(total.rows, asked["limit"])
    return {
        **dict.fromkeys(("id", "created_at", "ended_at")),
        "action": asked["action"],
        "filter": bulk_actions.plain(asked["filter"]),
        "reason": asked["reason"],
        "actor": request[PRINCIPAL].name,
        "matching": total.rows,
        "matching_is_estimate": total.is_estimate,
        "jobs": jobs,
        "done": 0,
        "skipped": 0,
        "waiting": jobs,
    }


async def get_bulk(request: web.Request) -> web.Response:
    """Return how far a bulk action is."""
    return web.json_response(_BULK.dump(await bulk_actions.progress(request.app[DATABASE], path_id(request, "bulk"))))


async def list_bulks(request: web.Request) -> web.Response:
    """Return a page of bulk actions, newest first."""
    asked = await query(request, BulkFilterSchema())
    rows = await bulk_actions.latest(request.app[DATABASE], limit=asked["limit"] + 1, cursor=asked["cursor"])
    shown = rows[: asked["limit"]]
    response = web.json_response(BulkListSchema().dump({"bulk_actions": shown}))
    if len(rows) > len(shown):
        response.headers["Link"] = f'<{request.rel_url.update_query(cursor=shown[-1]["id"])}>; rel="next"'
    return response
