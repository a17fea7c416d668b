"""The endpoints below /api/bulk."""

from dataclasses import asdict

from aiohttp import web

from oa_api.bulk_actions import bulk_actions
from oa_api.bulk_actions.requests import NewBulkAction
from oa_api.bulk_actions.schemas import BulkActionSchema, BulkListFilterSchema, NewBulkActionSchema
from oa_api.http.app_keys import DATABASE
from oa_api.http.idempotency import read_idempotency_key
from oa_api.http.paging import list_response
from oa_api.http.request_parsing import path_id, read_body, read_query
from oa_api.identity.principal import PRINCIPAL
from oa_shared.json_types import JsonObject

_BULK_ACTION = BulkActionSchema()


async def post_bulk(request: web.Request) -> web.Response:
    """Preview or start a bulk action."""
    new, database = await read_body(request, NewBulkActionSchema()), request.app[DATABASE]
    if new.dry_run:
        return web.json_response(_BULK_ACTION.dump(await _preview(request, new)))
    idempotency = await read_idempotency_key(request, "job/bulk", owner=request[PRINCIPAL].owner)
    bulk_action_id = await database.run(
        lambda transaction: bulk_actions.start(transaction, new, by=request[PRINCIPAL], idempotency=idempotency)
    )
    return await _respond(request, bulk_action_id)


async def _preview(request: web.Request, new: NewBulkAction) -> JsonObject:
    selection = bulk_actions.narrow(new.action, new.filter)
    total = await bulk_actions.count_matching(request.app[DATABASE], selection)
    jobs = min(total.rows, new.limit)
    return {
        **dict.fromkeys(("id", "created_at", "ended_at")),
        "action": new.action,
        "filter": bulk_actions.filter_as_json(new.filter),
        "reason": new.reason,
        "actor": request[PRINCIPAL].name,
        "matching": total.rows,
        "matching_is_estimate": total.is_estimate,
        "jobs": jobs,
        "done": 0,
        "skipped": 0,
        "waiting": jobs,
    }


async def get_bulk(request: web.Request) -> web.Response:
    """Return a bulk action with its progress."""
    return await _respond(request, path_id(request, "bulk"))


async def _respond(request: web.Request, bulk_action_id: int) -> web.Response:
    bulk_action, skip_reasons = await bulk_actions.get_bulk_action(request.app[DATABASE], bulk_action_id)
    return web.json_response(_BULK_ACTION.dump({**asdict(bulk_action), "skip_reasons": skip_reasons}))


async def list_bulk_actions(request: web.Request) -> web.Response:
    """Return a page of bulk actions, newest first."""
    window = await read_query(request, BulkListFilterSchema())
    page = await bulk_actions.list_bulk_actions(request.app[DATABASE], window)
    return list_response(request, window, "bulk_actions", page, serialize=_BULK_ACTION.dump)
