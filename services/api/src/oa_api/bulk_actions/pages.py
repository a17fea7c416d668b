"""Bulk actions as pages: the filter, the preview, and the progress."""

from urllib.parse import urlencode
from uuid import uuid4

from aiohttp import web

from oa_api.bulk_actions import bulk_actions
from oa_api.bulk_actions.filter_choices import FilterForm, list_error_choices, list_status_choices
from oa_api.bulk_actions.requests import BulkAction, BulkListFilter
from oa_api.bulk_actions.schemas import BulkFormSchema, BulkPreviewSchema
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ConflictError
from oa_api.http.forms import CSRF_FIELD, form_values, read_form
from oa_api.http.idempotency import Idempotency
from oa_api.http.request_parsing import path_id, raw_body, read_query
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs.queries import list_oldest_jobs
from oa_api.ui import flash
from oa_api.ui.rendering import render

PATH = "/bulk"
_RECENT = BulkListFilter(limit=25)
_EXAMPLES = 10
_LABELS = {action.value: action.label for action in BulkAction}
_ACTIONS = list(_LABELS.items())
# Fields of the form outside the filter.
_NOT_FILTERED = frozenset({CSRF_FIELD, "expected", "key", "reason"})


async def show_bulk(request: web.Request) -> web.Response:
    """Show the preview of a bulk action; without an action, recent bulk actions."""
    preview, database = await read_query(request, BulkPreviewSchema()), request.app[DATABASE]
    form = FilterForm(
        preview, _ACTIONS, list_status_choices(preview.status or []), list_error_choices(preview.error or [])
    )
    if preview.action is None:
        recent = await bulk_actions.list_bulk_actions(database, _RECENT)
        return render(
            request,
            "bulk_actions/list.html",
            bulk_actions=recent.rows,
            labels=_LABELS,
            form=form,
        )
    selection = bulk_actions.narrow(preview.action, preview.selection)
    total = await bulk_actions.count_matching(database, selection)
    given = {name: value for name, value in request.query.items() if value}
    return render(
        request,
        "bulk_actions/preview.html",
        total=total,
        limit=preview.limit,
        status_counts=[] if total.is_estimate else await bulk_actions.count_by_status(database, selection),
        examples=await list_oldest_jobs(database, selection, limit=_EXAMPLES),
        fields={**given, "expected": total.rows, "key": uuid4().hex},
        preview=preview,
        form=form,
    )


async def post_bulk(request: web.Request) -> web.Response:
    """Start a bulk action if the number of matching jobs is still the one shown."""
    bulk_form, by = await read_form(request, BulkFormSchema()), request[PRINCIPAL]
    idempotency = Idempotency(bulk_form.key, "page/bulk", await raw_body(request), owner=by.owner)
    new = bulk_form.new_bulk_action
    try:
        bulk_action_id = await request.app[DATABASE].run(
            lambda transaction: bulk_actions.start(transaction, new, by=by, idempotency=idempotency)
        )
    except ConflictError as error:
        given = {name: value for name, value in await form_values(request) if name not in _NOT_FILTERED}
        return flash.see_other(request, f"{PATH}?{urlencode(given)}", f"Not changed: {error.detail}.", kind="bad")
    return flash.see_other(request, f"{PATH}/{bulk_action_id}", "Bulk action started.")


async def show_progress(request: web.Request) -> web.Response:
    """Show the progress of a bulk action."""
    bulk_action_id = path_id(request, "bulk")
    bulk_action, skip_reasons = await bulk_actions.get_bulk_action(request.app[DATABASE], bulk_action_id)
    outcomes = await bulk_actions.count_outcomes(request.app[DATABASE], bulk_action_id)
    return render(
        request,
        "bulk_actions/bulk_action.html",
        bulk=bulk_action,
        label=_LABELS[bulk_action.action],
        skip_reasons=skip_reasons,
        outcomes=outcomes,
    )
