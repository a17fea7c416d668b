"""One action on many jobs, as pages: the filter, the count, the confirmation, how far it is."""

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from aiohttp import web

from oa_api.bulk_actions import bulk_actions
from oa_api.bulk_actions.schemas import BulkFormSchema, BulkQuestionSchema
from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ConflictError
from oa_api.http.forms import CSRF_FIELD, form, form_values
from oa_api.http.idempotency import Idempotency
from oa_api.http.request_parsing import path_id, query, raw_body
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs.request_schemas import JobSelectionSchema
from oa_api.ui import flash
from oa_api.ui.rendering import render
from oa_shared.failures import FAILURES, FailureClass

_READS = load_queries("jobs.reads")
PATH = "/bulk"
_LATEST, _EXAMPLES = 25, 10
_NOT_ASKED = frozenset({CSRF_FIELD, "expected", "key", "reason"})


async def show_bulk(request: web.Request) -> web.Response:
    """Show what a bulk action would do; without one, those that there were."""
    asked, database = await query(request, BulkQuestionSchema()), request.app[DATABASE]
    shown: dict[str, Any] = {
        "asked": asked,
        "actions": list(bulk_actions.BulkAction),
        "codes": [*FailureClass, *FAILURES],
    }
    if asked["action"] is None:
        return render(
            request, "bulk_actions/list.html", bulk_actions=await bulk_actions.latest(database, limit=_LATEST), **shown
        )
    values = bulk_actions.matching(asked["action"], _filter(asked))
    total = await bulk_actions.count(database, values)
    given = {name: value for name, value in request.query.items() if value}
    return render(
        request,
        "bulk_actions/preview.html",
        total=total,
        limit=asked["limit"],
        statuses_found=await bulk_actions.by_status(database, values) if not total.is_estimate else [],
        examples=await _examples(request, values),
        fields={**given, "expected": total.rows, "key": uuid4().hex},
        **shown,
    )


async def _examples(request: web.Request, values: dict[str, Any]) -> list[Any]:
    listed = {**values, "cursor": None, "limit": _EXAMPLES, "offset": 0}
    return await request.app[DATABASE].all(_READS["jobs_by_id_asc"], listed)


async def post_bulk(request: web.Request) -> web.Response:
    """Do it, if still as many jobs match as were shown."""
    asked, by = await form(request, BulkFormSchema()), request[PRINCIPAL]
    once = Idempotency(asked["key"], "page/bulk", await raw_body(request))
    wanted = {**asked, "filter": _filter(asked)}
    try:
        number = await request.app[DATABASE].run(
            lambda transaction: bulk_actions.start(transaction, wanted, by=by, once=once)
        )
    except ConflictError as error:
        given = {name: value for name, value in await form_values(request) if name not in _NOT_ASKED}
        words = f"Nothing was changed: {error.detail}."
        return flash.see_other(request, f"{PATH}?{urlencode(given)}", words, kind="bad")
    return flash.see_other(request, f"{PATH}/{number}", "It is being done.")


async def show_progress(request: web.Request) -> web.Response:
    """Show how far a bulk action is."""
    found = await bulk_actions.progress(request.app[DATABASE], path_id(request, "bulk"))
    return render(request, "bulk_actions/bulk_action.html", bulk=found)


def _filter(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: asked[name] for name in JobSelectionSchema().fields}
