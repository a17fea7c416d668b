"""The pages of collections, and the form that builds the fabric."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ApiError, ConflictError, InvalidError
from oa_api.http.forms import read_form
from oa_api.http.idempotency import Idempotency
from oa_api.http.request_parsing import path_id
from oa_api.identity.principal import PRINCIPAL
from oa_api.products import collections, fabric, queries
from oa_api.products.forms import (
    BuildFormSchema,
    CollectionFormSchema,
    form_of,
    read_change_form,
    read_collection_form,
)
from oa_api.products.product_requests import requester_of
from oa_api.products.requests import CollectionForm
from oa_api.products.schemas import ProductFilterSchema
from oa_api.ui import flash
from oa_api.ui.lists import list_filter, make_listing
from oa_api.ui.rendering import render
from oa_api.ui.sent_form import form_problems
from oa_shared.products import COLLECTION_FORMATS, FORMAT_NAMES

_EMPTY_FORM = CollectionForm(geojson=True, parquet=True, pmtiles=True)
_NO_KEY = Idempotency(None, "page", b"", owner="")


async def list_collections(request: web.Request) -> web.Response:
    """Show a page of collections and the state of each layer of the fabric."""
    return await _render_list(request, form=_EMPTY_FORM)


async def show_collection(request: web.Request) -> web.Response:
    """Show a collection: its files, its map, its builds and its form."""
    return await _render_collection(request)


async def post_collection(request: web.Request) -> web.Response:
    """Create a collection and show it, or show the form again with what is wrong."""
    form, by = await read_form(request, CollectionFormSchema()), request[PRINCIPAL]
    try:
        new_collection = read_collection_form(form)
        created = await request.app[DATABASE].run(
            lambda transaction: collections.create_collection(transaction, new_collection, by=by)
        )
    except (InvalidError, ConflictError) as error:
        return await _render_list(request, form=form, error=error)
    message = f"Collection {new_collection.name} created. Build it next."
    return flash.see_other(request, f"/collections/{created}", message)


async def post_change(request: web.Request) -> web.Response:
    """Change a collection, or show the form again with what is wrong."""
    collection, by = path_id(request, "collection"), request[PRINCIPAL]
    form = await read_form(request, CollectionFormSchema())
    try:
        change = read_change_form(form)
    except InvalidError as error:
        return await _render_collection(request, form=form, error=error)
    await request.app[DATABASE].run(
        lambda transaction: collections.change_collection(transaction, collection, change, by=by)
    )
    return flash.see_other(request, f"/collections/{collection}", "Saved; applies to the next build.")


async def post_build(request: web.Request) -> web.Response:
    """Start a build, or show why none is needed."""
    collection, new_build = path_id(request, "collection"), await read_form(request, BuildFormSchema())
    started = await collections.build_collection(
        request.app[DATABASE], collection, new_build, requester_of(request), idempotency=_NO_KEY
    )
    if started.skipped:
        return flash.see_other(request, f"/collections/{collection}", f"Not built: {started.skipped}.", kind="warn")
    return flash.see_other(request, f"/collections/{collection}", f"Build started as job {started.job}.")


async def post_delete(request: web.Request) -> web.Response:
    """Delete a collection."""
    collection, by = path_id(request, "collection"), request[PRINCIPAL]
    name = await request.app[DATABASE].run(
        lambda transaction: collections.delete_collection(transaction, collection, by=by)
    )
    return flash.see_other(request, "/collections", f"Collection {name} deleted.")


async def post_fabric(request: web.Request) -> web.Response:
    """Start a build of each layer of the fabric that needs one."""
    new_build = await read_form(request, BuildFormSchema())
    layers = await fabric.build_fabric(request.app[DATABASE], new_build, requester_of(request), idempotency=_NO_KEY)
    started = [f"{layer.layer}: job {layer.job}" for layer in layers if layer.job]
    skipped = "; ".join(f"{layer.layer}: {layer.skipped}" for layer in layers if layer.skipped)
    if not started:
        return flash.see_other(request, "/collections", f"Not built: {skipped}.", kind="warn")
    return flash.see_other(request, "/collections", f"Builds started: {', '.join(started)}.")


async def _render_list(request: web.Request, *, form: CollectionForm, error: ApiError | None = None) -> web.Response:
    window, database = await list_filter(request, ProductFilterSchema()), request.app[DATABASE]
    page = await queries.list_collections(database, window)
    return render(
        request,
        "products/collections.html",
        status=error.status if error else 200,
        collections=make_listing(request, window, page),
        fabric=await queries.list_fabric_layers(database),
        formats=COLLECTION_FORMATS,
        format_names=FORMAT_NAMES,
        form=form,
        error=error,
        problems=form_problems(error),
    )


async def _render_collection(
    request: web.Request, *, form: CollectionForm | None = None, error: ApiError | None = None
) -> web.Response:
    window, database = await list_filter(request, ProductFilterSchema()), request.app[DATABASE]
    collection = await queries.get_collection(database, path_id(request, "collection"))
    builds = await queries.list_builds(database, collection.id, window)
    return render(
        request,
        "products/collection.html",
        status=error.status if error else 200,
        collection=collection,
        builds=make_listing(request, window, builds),
        formats=COLLECTION_FORMATS,
        format_names=FORMAT_NAMES,
        form=form or form_of(collection),
        error=error,
        problems=form_problems(error),
    )
