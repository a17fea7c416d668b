"""The endpoints below /api/collections."""

from aiohttp import web

from oa_api.db.database import Row
from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import NotFoundError
from oa_api.http.idempotency import read_idempotency_key
from oa_api.http.request_parsing import body, path_id, query
from oa_api.identity.principal import PRINCIPAL
from oa_api.products import collections
from oa_api.products.listing import asker, page, send_output
from oa_api.products.responses import BuildStartedSchema, CollectionDeletedSchema
from oa_api.products.schemas import CollectionChangeSchema, CursorSchema, NewBuildSchema, NewCollectionSchema
from oa_api.products.serializers import build_view, collection_view, outputs_of

_SQL = load_queries("products.queries")
# What most come for, first: one file of everything as GeoJSON.
_MAIN = ("collection.geojson.zip", "collection.parquet.zip", "collection.pmtiles")


async def list_collections(request: web.Request) -> web.Response:
    """Return a page of collections, oldest first."""
    return await page(request, await query(request, CursorSchema()), "collections", view=collection_view)


async def get_collection(request: web.Request) -> web.Response:
    """Return one collection."""
    return web.json_response(collection_view(await _row(request)))


async def post_collection(request: web.Request) -> web.Response:
    """Create a collection."""
    asked, by = await body(request, NewCollectionSchema()), request[PRINCIPAL]
    made = await request.app[DATABASE].run(lambda transaction: collections.create(transaction, asked, by=by))
    return web.json_response(collection_view(await _row(request, made)))


async def patch_collection(request: web.Request) -> web.Response:
    """Change a collection."""
    collection, by = path_id(request, "collection"), request[PRINCIPAL]
    asked = await body(request, CollectionChangeSchema())
    await request.app[DATABASE].run(lambda transaction: collections.change(transaction, collection, asked, by=by))
    return web.json_response(collection_view(await _row(request)))


async def delete_collection(request: web.Request) -> web.Response:
    """Delete a collection."""
    collection, by = path_id(request, "collection"), request[PRINCIPAL]
    name = await request.app[DATABASE].run(lambda transaction: collections.delete(transaction, collection, by=by))
    return web.json_response(
        CollectionDeletedSchema().dump({"status": 200, "message": f"collection {name} is deleted"})
    )


async def post_build(request: web.Request) -> web.Response:
    """Start a build, unless nothing has changed."""
    collection = path_id(request, "collection")
    asked = await body(request, NewBuildSchema())
    key = await read_idempotency_key(request, f"collections/{collection}/build")
    made = await collections.build(
        request.app[DATABASE], collection, asker(request), once=key, is_forced=asked["force"], reason=asked["reason"]
    )
    return web.json_response(BuildStartedSchema().dump(made))


async def list_builds(request: web.Request) -> web.Response:
    """Return a page of a collection's builds, newest first."""
    asked, row = await query(request, CursorSchema()), await _row(request)
    return await page(request, asked, "builds", view=build_view, more={"collection": row["id"]})


async def get_data(request: web.Request) -> web.StreamResponse:
    """Redirect to the newest file of a collection, or stream it."""
    row = await _row(request)
    outputs = outputs_of(row)
    main = next((name for name in _MAIN if name in outputs), None)
    if main is None:
        raise NotFoundError(f"collection {row['name']} has not been built yet")
    return await send_output(request, row, main, whose=f"collection {row['name']}")


async def get_output(request: web.Request) -> web.StreamResponse:
    """Redirect to a file of the newest build, or stream it."""
    row = await _row(request)
    return await send_output(request, row, request.match_info["file"], whose=f"collection {row['name']}")


async def _row(request: web.Request, collection: int | None = None) -> Row:
    number = collection or path_id(request, "collection")
    row = await request.app[DATABASE].first(_SQL["collection"], {"collection": number})
    if row is None:
        raise NotFoundError(f"there is no collection {number}")
    return row
