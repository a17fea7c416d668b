"""The page of exports: the list, and the form that creates one."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ApiError, ConflictError, InvalidError, NotFoundError
from oa_api.http.forms import read_form
from oa_api.http.idempotency import Idempotency
from oa_api.products import exports, queries
from oa_api.products.forms import ExportFormSchema, ExportPageFilterSchema, read_export_form
from oa_api.products.product_requests import export_limits, requester_of
from oa_api.products.requests import ExportForm, ExportPageFilter
from oa_api.ui import flash
from oa_api.ui.lists import list_filter, make_listing
from oa_api.ui.rendering import render
from oa_api.ui.sent_form import form_problems
from oa_shared.products import EXPORT_FORMATS, FORMAT_NAMES

_LISTED = 50


async def list_exports(request: web.Request) -> web.Response:
    """Show a page of exports, newest first; `job`, `source` and `layer` of the query fill in the form."""
    page_filter = await list_filter(request, ExportPageFilterSchema())
    job = str(page_filter.job) if page_filter.job else None
    form = ExportForm(job=job, source=page_filter.source, layer=page_filter.layer)
    return await _render(request, page_filter, form=form)


async def post_export(request: web.Request) -> web.Response:
    """Create an export, or show the form again with what is wrong."""
    form, limits = await read_form(request, ExportFormSchema()), export_limits(request)
    try:
        created = await exports.create_export(
            request.app[DATABASE],
            read_export_form(form),
            requester_of(request),
            idempotency=Idempotency(None, "export", b"", owner=""),
            limits=limits,
        )
    except (InvalidError, ConflictError, NotFoundError) as error:
        return await _render(request, ExportPageFilter(limit=_LISTED), form=form, error=error)
    return flash.see_other(request, "/exports", f"Export {created} started.")


async def _render(
    request: web.Request, page_filter: ExportPageFilter, *, form: ExportForm, error: ApiError | None = None
) -> web.Response:
    page = await queries.list_exports(request.app[DATABASE], page_filter)
    return render(
        request,
        "products/exports.html",
        status=error.status if error else 200,
        export_filter=page_filter,
        exports=make_listing(request, page_filter, page),
        formats=[(format_, FORMAT_NAMES[format_]) for format_ in EXPORT_FORMATS],
        format_names=FORMAT_NAMES,
        limits=export_limits(request),
        form=form,
        error=error,
        problems=form_problems(error),
    )
