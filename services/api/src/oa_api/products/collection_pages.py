"""The pages of collections, with the map of all that is published beside them."""

from typing import Any

from aiohttp import web

from oa_api.db.database import Row
from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ApiError, ConflictError, InvalidError, NotFoundError
from oa_api.http.forms import form
from oa_api.http.idempotency import Idempotency
from oa_api.http.request_parsing import path_id
from oa_api.identity.principal import PRINCIPAL
from oa_api.products import collections, fabric
from oa_api.products.forms import BuildFormSchema, CollectionFormSchema, collection_of
from oa_api.products.listing import asker
from oa_api.products.page_parts import linked, listed, reasons
from oa_api.products.plan import FORMATS
from oa_api.products.schemas import CursorSchema
from oa_api.products.serializers import build_view, collection_view, fabric_view
from oa_api.ui import flash
from oa_api.ui.lists import asked_of
from oa_api.ui.rendering import render
from oa_shared.status import LAYERS

_SQL = load_queries("products.queries")
_NEW = {"layer": None, "deduplicate": False, **dict.fromkeys(FORMATS, True)}
_ONCE = Idempotency(None, "page", b"")


async def list_collections(request: web.Request) -> web.Response:
    """Return a page of collections and the state of the map of each layer."""
    return await _list(request, given=_NEW)


async def show_collection(request: web.Request) -> web.Response:
    """Return one collection: its files, its map, its builds, and what may be done to it."""
    return await _show(request)


async def post_collection(request: web.Request) -> web.Response:
    """Create a collection and lead to it."""
    given, by = await form(request, CollectionFormSchema()), request[PRINCIPAL]
    try:
        asked = collection_of(given, is_new=True)
        made = await request.app[DATABASE].run(lambda transaction: collections.create(transaction, asked, by=by))
    except (InvalidError, ConflictError) as error:
        return await _list(request, given=given, error=error)
    return flash.see_other(request, f"/collections/{made}", f"Collection {asked['name']} is made. Build it next.")


async def post_change(request: web.Request) -> web.Response:
    """Change a collection."""
    collection, by = path_id(request, "collection"), request[PRINCIPAL]
    given = await form(request, CollectionFormSchema())
    try:
        asked = collection_of(given, is_new=False)
    except InvalidError as error:
        return await _show(request, given=given, error=error)
    await request.app[DATABASE].run(lambda transaction: collections.change(transaction, collection, asked, by=by))
    return flash.see_other(request, f"/collections/{collection}", "It is changed; the next build goes by it.")


async def post_build(request: web.Request) -> web.Response:
    """Start a build, or say why none is needed."""
    collection, asked = path_id(request, "collection"), await form(request, BuildFormSchema())
    made = await collections.build(
        *(request.app[DATABASE], collection, asker(request)),
        once=_ONCE,
        is_forced=asked["force"],
        reason=asked["reason"],
    )
    words = f"Not built: {made['skipped']}." if made["skipped"] else f"Job {made['job']} builds it."
    kind = "warn" if made["skipped"] else "good"
    return flash.see_other(request, f"/collections/{collection}", words, kind=kind)


async def post_delete(request: web.Request) -> web.Response:
    """Delete a collection."""
    collection, by = path_id(request, "collection"), request[PRINCIPAL]
    name = await request.app[DATABASE].run(lambda transaction: collections.delete(transaction, collection, by=by))
    return flash.see_other(request, "/collections", f"Collection {name} is deleted.")


async def post_fabric(request: web.Request) -> web.Response:
    """Start a build of the map of each layer that needs one."""
    asked = await form(request, BuildFormSchema())
    made = await fabric.build(
        request.app[DATABASE], asker(request), once=_ONCE, is_forced=asked["force"], reason=asked["reason"]
    )
    begun = [f"{item['layer']}: job {item['job']}" for item in made if item["job"]]
    skipped = "; ".join(f"{item['layer']}: {item['skipped']}" for item in made if item["skipped"])
    if not begun:
        return flash.see_other(request, "/collections", f"Not built. {skipped}.", kind="warn")
    return flash.see_other(request, "/collections", f"Being built: {', '.join(begun)}.")


async def _list(request: web.Request, *, given: dict[str, Any], error: ApiError | None = None) -> web.Response:
    asked = await asked_of(request, CursorSchema())
    rows = await request.app[DATABASE].all(_SQL["fabrics"], {"layers": list(LAYERS)})
    values = {
        "collections": await listed(request, asked, "collections", view=collection_view),
        "fabric": [_with_links(fabric_view(row)) for row in rows],
        "formats": FORMATS,
        "given": {**CollectionFormSchema().load({}), **given},
    }
    status = error.status if error else 200
    return render(request, "products/collections.html", status=status, **values, error=error, reasons=reasons(error))


async def _show(
    request: web.Request, *, given: dict[str, Any] | None = None, error: ApiError | None = None
) -> web.Response:
    number = path_id(request, "collection")
    row = await request.app[DATABASE].first(_SQL["collection"], {"collection": number})
    if row is None:
        raise NotFoundError(f"there is no collection {number}")
    view = _with_links(collection_view(row))
    values = {
        "collection": view,
        "builds": await listed(
            request, await asked_of(request, CursorSchema()), "builds", view=build_view, collection=number
        ),
        "formats": FORMATS,
        "given": given or _as_form(view),
        "tiles": next((file["url"] for file in view["files"] if file["name"] == "collection.pmtiles"), None),
    }
    status = error.status if error else 200
    return render(request, "products/collection.html", status=status, **values, error=error, reasons=reasons(error))


def _with_links(view: Row) -> Row:
    return {**view, "files": linked(view["files"])}


def _as_form(view: Row) -> dict[str, Any]:
    chosen = {form: form in view["formats"] for form in FORMATS}
    return {
        **{key: view[key] for key in ("display_name", "layer", "deduplicate")},
        **chosen,
        "sources": "\n".join(view["sources"]),
    }
