"""The endpoints below /api/collections."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import NotFoundError
from oa_api.http.idempotency import read_idempotency_key
from oa_api.http.paging import list_response
from oa_api.http.request_parsing import path_id, read_body, read_query
from oa_api.identity.principal import PRINCIPAL
from oa_api.products import collections, queries
from oa_api.products.product_requests import requester_of, send_output
from oa_api.products.responses import (
    CollectionBuildSchema,
    CollectionDeletedSchema,
    CollectionSchema,
    StartedCollectionBuildSchema,
)
from oa_api.products.rows import CollectionRow
from oa_api.products.schemas import CollectionChangeSchema, NewBuildSchema, NewCollectionSchema, ProductFilterSchema
from oa_shared.products import COLLECTION_FILES, COLLECTION_FORMATS

_COLLECTION, _BUILD = CollectionSchema(), CollectionBuildSchema()


async def list_collections(request: web.Request) -> web.Response:
    """Return a page of collections, oldest first."""
    window = await read_query(request, ProductFilterSchema())
    page = await queries.list_collections(request.app[DATABASE], window)
    return list_response(request, window, "collections", page, serialize=_COLLECTION.dump)


async def get_collection(request: web.Request) -> web.Response:
    """Return one collection."""
    return web.json_response(_COLLECTION.dump(await _read_collection(request)))


async def post_collection(request: web.Request) -> web.Response:
    """Create a collection."""
    new_collection, by = await read_body(request, NewCollectionSchema()), request[PRINCIPAL]
    database = request.app[DATABASE]
    created = await database.run(lambda transaction: collections.create_collection(transaction, new_collection, by=by))
    return web.json_response(_COLLECTION.dump(await queries.get_collection(database, created)))


async def patch_collection(request: web.Request) -> web.Response:
    """Change a collection."""
    collection, by = path_id(request, "collection"), request[PRINCIPAL]
    change = await read_body(request, CollectionChangeSchema())
    await request.app[DATABASE].run(
        lambda transaction: collections.change_collection(transaction, collection, change, by=by)
    )
    return web.json_response(_COLLECTION.dump(await _read_collection(request)))


async def delete_collection(request: web.Request) -> web.Response:
    """Delete a collection."""
    collection, by = path_id(request, "collection"), request[PRINCIPAL]
    name = await request.app[DATABASE].run(
        lambda transaction: collections.delete_collection(transaction, collection, by=by)
    )
    return web.json_response(
        CollectionDeletedSchema().dump({"status": 200, "message": f"collection {name} is deleted"})
    )


async def post_build(request: web.Request) -> web.Response:
    """Start a build, unless nothing has changed."""
    collection = path_id(request, "collection")
    new_build = await read_body(request, NewBuildSchema())
    idempotency = await read_idempotency_key(request, f"collections/{collection}/build", owner=request[PRINCIPAL].owner)
    started = await collections.build_collection(
        request.app[DATABASE], collection, new_build, requester_of(request), idempotency=idempotency
    )
    return web.json_response(StartedCollectionBuildSchema().dump(started))


async def list_builds(request: web.Request) -> web.Response:
    """Return a page of the builds of a collection, newest first."""
    window, collection = await read_query(request, ProductFilterSchema()), await _read_collection(request)
    page = await queries.list_builds(request.app[DATABASE], collection.id, window)
    return list_response(request, window, "builds", page, serialize=_BUILD.dump)


async def get_data(request: web.Request) -> web.StreamResponse:
    """Redirect to the latest file of a collection in its first format, or stream it."""
    collection = await _read_collection(request)
    names = (COLLECTION_FILES[format_] for format_ in COLLECTION_FORMATS)
    main = next((name for name in names if name in collection.outputs), None)
    if main is None:
        raise NotFoundError(f"collection {collection.name} has not been built yet")
    return await send_output(request, collection, main, label=f"collection {collection.name}")


async def get_output(request: web.Request) -> web.StreamResponse:
    """Redirect to a file of the latest successful build, or stream it."""
    collection = await _read_collection(request)
    return await send_output(request, collection, request.match_info["file"], label=f"collection {collection.name}")


async def _read_collection(request: web.Request) -> CollectionRow:
    return await queries.get_collection(request.app[DATABASE], path_id(request, "collection"))
