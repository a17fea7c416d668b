"""Collections and exports in the form of openaddresses/batch."""

from aiohttp import web

from oa_api.compatibility import data_queries
from oa_api.compatibility.queries import MOST_ROWS, get_export_details
from oa_api.compatibility.request_fields import read_query_v1
from oa_api.compatibility.request_schemas import CollectionV1Schema, ExportListV1Schema, NewExportV1Schema
from oa_api.compatibility.serializers import collection_v1, export_v1, list_export_v1
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import InvalidError
from oa_api.http.idempotency import read_idempotency_key
from oa_api.http.request_parsing import path_id, read_body
from oa_api.http.schemas import CursorSlice
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs import actions
from oa_api.products import collections, exports, queries
from oa_api.products.product_requests import export_limits, requester_of
from oa_api.products.requests import CollectionChange, NewExport
from oa_api.products.schemas import NewCollectionSchema
from oa_shared.json_types import JsonObject


async def list_collections(request: web.Request) -> web.Response:
    """Return all collections as an array."""
    page = await queries.list_collections(request.app[DATABASE], CursorSlice(limit=MOST_ROWS))
    return web.json_response([collection_v1(collection) for collection in page.rows])


async def get_collection(request: web.Request) -> web.Response:
    """Return one collection."""
    return await _collection_response(request, path_id(request, "collection"))


async def post_collection(request: web.Request) -> web.Response:
    """Create a collection with all formats. Raises InvalidError."""
    given, by = await read_body(request, CollectionV1Schema()), request[PRINCIPAL]
    if not given.name or not given.sources:
        raise InvalidError("give `name` and `sources`", fields={"sources": ["Required."]})
    fields = {"name": given.name, "display_name": given.name, "sources": given.sources}
    problems = NewCollectionSchema().validate(fields)
    if problems:
        raise InvalidError(f"the body is not valid: {', '.join(map(str, problems))}", fields=problems)
    new_collection = NewCollectionSchema().load(fields)
    created = await request.app[DATABASE].run(
        lambda transaction: collections.create_collection(transaction, new_collection, by=by)
    )
    return await _collection_response(request, created)


async def patch_collection(request: web.Request) -> web.Response:
    """Change the sources of a collection. Raises InvalidError for another name: URLs contain it."""
    collection, change, by = (
        path_id(request, "collection"),
        await read_body(request, CollectionV1Schema()),
        request[PRINCIPAL],
    )
    before = await queries.get_collection(request.app[DATABASE], collection)
    if change.name not in (None, before.name):
        raise InvalidError("a collection keeps its name: create another one", fields={"name": ["Cannot change."]})
    if change.sources is not None:
        problems = NewCollectionSchema(only=("sources",)).validate({"sources": change.sources})
        if problems:
            raise InvalidError("the body is not valid: sources", fields=problems)
        new_values = CollectionChange(given=["sources"], sources=change.sources)
        await request.app[DATABASE].run(
            lambda transaction: collections.change_collection(transaction, collection, new_values, by=by)
        )
    return await _collection_response(request, collection)


async def delete_collection(request: web.Request) -> web.Response:
    """Delete a collection."""
    collection, by = path_id(request, "collection"), request[PRINCIPAL]
    await request.app[DATABASE].run(lambda transaction: collections.delete_collection(transaction, collection, by=by))
    return web.json_response({"status": 200, "message": "Collection Deleted"})


async def list_exports(request: web.Request) -> web.Response:
    """Return a page of exports, newest first."""
    page = await data_queries.list_exports(request.app[DATABASE], await read_query_v1(request, ExportListV1Schema()))
    details = await get_export_details(request.app[DATABASE], [export.id for export in page.rows])
    listed = [list_export_v1(export, details[export.id]) for export in page.rows]
    return web.json_response({"total": page.total.rows if page.total else len(listed), "exports": listed})


async def get_export(request: web.Request) -> web.Response:
    """Return one export."""
    return web.json_response(await _read_export(request, path_id(request, "export")))


async def post_export(request: web.Request) -> web.Response:
    """Create an export of a job."""
    new_export, database = await read_body(request, NewExportV1Schema()), request.app[DATABASE]
    idempotency = await read_idempotency_key(request, "export", owner=request[PRINCIPAL].owner)
    created = await exports.create_export(
        database,
        NewExport(format=new_export.format, job=new_export.job_id),
        requester_of(request),
        idempotency=idempotency,
        limits=export_limits(request),
    )
    return web.json_response(await _read_export(request, created))


async def put_export(request: web.Request) -> web.Response:
    """Run the job of an export again."""
    database, by = request.app[DATABASE], request[PRINCIPAL]
    export = await queries.get_export(database, path_id(request, "export"))
    await database.run(lambda transaction: actions.rerun(transaction, export.job, by=by))
    return web.json_response(await _read_export(request, export.id))


async def _read_export(request: web.Request, export: int) -> JsonObject:
    row = await queries.get_export(request.app[DATABASE], export)
    return export_v1(row, (await get_export_details(request.app[DATABASE], [export]))[export])


async def _collection_response(request: web.Request, collection: int) -> web.Response:
    return web.json_response(collection_v1(await queries.get_collection(request.app[DATABASE], collection)))
