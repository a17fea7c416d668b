"""One action on many jobs, as pages: the filter, the count, the confirmation, how far it is."""

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from aiohttp import web

from oa_api.errors import ConflictError
from oa_api.forms import CSRF_FIELD, form, form_values
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs import Idempotency
from oa_api.operators import bulk
from oa_api.pages import flash
from oa_api.pages.rendering import render
from oa_api.requests import path_id, query, raw_body
from oa_api.schemas.bulk import BulkForm, BulkQuestion
from oa_api.schemas.requests import JobSelection
from oa_api.services import DATABASE
from oa_api.store.queries import queries
from oa_shared.failures import FAILURES, FailureClass

_READS = queries("reads")
PATH = "/bulk"
_LATEST, _EXAMPLES = 25, 10
_NOT_ASKED = frozenset({CSRF_FIELD, "expected", "key", "why"})


async def show_bulk(request: web.Request) -> web.Response:
    """Show what a bulk action would do; without one, those that there were."""
    asked, database = await query(request, BulkQuestion()), request.app[DATABASE]
    shown: dict[str, Any] = {"asked": asked, "actions": list(bulk.BulkAction), "codes": [*FailureClass, *FAILURES]}
    if asked["action"] is None:
        return render(request, "operators/bulks.html", bulks=await bulk.latest(database, limit=_LATEST), **shown)
    values = bulk.matching(asked["action"], _filter(asked))
    total = await bulk.count(database, values)
    given = {name: value for name, value in request.query.items() if value}
    return render(
        request,
        "operators/bulk_question.html",
        total=total,
        limit=asked["limit"],
        statuses_found=await bulk.by_status(database, values) if not total.is_estimate else [],
        examples=await _examples(request, values),
        fields={**given, "expected": total.rows, "key": uuid4().hex},
        **shown,
    )


async def _examples(request: web.Request, values: dict[str, Any]) -> list[Any]:
    listed = {**values, "cursor": None, "limit": _EXAMPLES, "offset": 0}
    return await request.app[DATABASE].all(_READS["jobs_by_id_asc"], listed)


async def post_bulk(request: web.Request) -> web.Response:
    """Do it, if still as many jobs match as were shown."""
    asked, by = await form(request, BulkForm()), request[PRINCIPAL]
    once = Idempotency(asked["key"], "page/bulk", await raw_body(request))
    wanted = {**asked, "filter": _filter(asked)}
    try:
        number = await request.app[DATABASE].run(lambda transaction: bulk.start(transaction, wanted, by=by, once=once))
    except ConflictError as error:
        given = {name: value for name, value in await form_values(request) if name not in _NOT_ASKED}
        words = f"Nothing was changed: {error.detail}."
        return flash.see_other(request, f"{PATH}?{urlencode(given)}", words, kind="bad")
    return flash.see_other(request, f"{PATH}/{number}", "It is being done.")


async def show_progress(request: web.Request) -> web.Response:
    """Show how far a bulk action is."""
    found = await bulk.progress(request.app[DATABASE], path_id(request, "bulk"))
    return render(request, "operators/bulk.html", bulk=found)


def _filter(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: asked[name] for name in JobSelection().fields}
