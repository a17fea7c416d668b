"""The endpoints below /api/data, and the stable URLs below /latest."""

from aiohttp import web

from oa_api.datasets import queries
from oa_api.datasets.conversion_requests import get_ready_conversion, read_conversions, request_conversion
from oa_api.datasets.request_schemas import (
    DatasetFilterSchema,
    HistoryFilterSchema,
    NewConversionSchema,
    StateChangeSchema,
)
from oa_api.datasets.schemas import ChangedDatasetSchema, ConversionListSchema, ConversionSchema
from oa_api.datasets.serializers import output_url, serialize_dataset, serialize_publication, summarize_dataset
from oa_api.datasets.withdrawals import DatasetAction, change_state
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.conditional import respond_conditionally, respond_with_etag
from oa_api.http.errors import NotFoundError
from oa_api.http.paging import list_response
from oa_api.http.request_parsing import path_id, read_body, read_query
from oa_api.http.schemas import ALL_FIELDS
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs.file_links import cdn_url
from oa_api.jobs.output_files import read_output
from oa_api.products.conversions import format_of_file
from oa_shared.products import ProductFormat

_LATEST_MAX_AGE_S = 60


async def list_datasets(request: web.Request) -> web.Response:
    """Return a page of datasets."""
    dataset_filter = await read_query(request, DatasetFilterSchema())
    page = await queries.list_datasets(request.app[DATABASE], dataset_filter)
    serialize = serialize_dataset if dataset_filter.fields == ALL_FIELDS else summarize_dataset
    response = list_response(request, dataset_filter, "data", page, serialize=serialize)
    return respond_conditionally(request, response)


async def get_dataset(request: web.Request) -> web.Response:
    """Return one dataset."""
    dataset = await queries.get_dataset(request.app[DATABASE], path_id(request, "data"))
    return respond_conditionally(request, web.json_response(serialize_dataset(dataset)))


async def post_state(request: web.Request) -> web.Response:
    """Retire, delete or restore a dataset."""
    change, data, by = await read_body(request, StateChangeSchema()), path_id(request, "data"), request[PRINCIPAL]
    state = await request.app[DATABASE].run(
        lambda transaction: change_state(transaction, data, DatasetAction(change.action), reason=change.reason, by=by)
    )
    return web.json_response(ChangedDatasetSchema().dump({"data": data, "state": state}))


async def list_conversions(request: web.Request) -> web.Response:
    """Return the formats that a published result can be converted to, each with its file if it exists."""
    data = path_id(request, "data")
    conversions = await read_conversions(request, await queries.get_dataset(request.app[DATABASE], data))
    return web.json_response(ConversionListSchema().dump({"data": data, "conversions": conversions}))


async def post_conversion(request: web.Request) -> web.Response:
    """Start a conversion unless its file exists, and return it."""
    new_conversion, data = await read_body(request, NewConversionSchema()), path_id(request, "data")
    conversion = await request_conversion(request, data, ProductFormat(new_conversion.format))
    return web.json_response(ConversionSchema().dump(conversion))


async def list_history(request: web.Request) -> web.Response:
    """Return a page of the publications of a dataset."""
    window, database = await read_query(request, HistoryFilterSchema()), request.app[DATABASE]
    data = (await queries.get_dataset(database, path_id(request, "data"))).id
    page = await queries.list_history(database, data, window)
    response = list_response(request, window, "publications", page, serialize=serialize_publication, data=data)
    return respond_conditionally(request, response)


async def get_latest(request: web.Request) -> web.Response:
    """Redirect to a file of the published attempt of a dataset, or to one that is converted from it.

    Raises NotFoundError, GoneError, and PreparingError for a conversion that is being written.
    """
    source, layer, name, file = (request.match_info[part] for part in ("source", "layer", "name", "file"))
    latest = await queries.get_latest_file(request.app[DATABASE], source=source, layer=layer, name=name, file=file)
    if latest.output is None and (format_ := format_of_file(file)):
        conversion = await get_ready_conversion(request, latest.id, format_)
        return _redirect(request, conversion.url or "", conversion.key, f"{conversion.job}-{conversion.sha256}")
    if latest.output is None:
        raise NotFoundError(f"dataset has no file {file[:60]!r}")
    output = read_output(latest.output)
    url, tag = output_url(latest.job, latest.attempt, file), f"{latest.job}-{latest.attempt}-{output.sha256[:32]}"
    return _redirect(request, url, output.key, tag)


def _redirect(request: web.Request, url: str, key: str | None, tag: str) -> web.Response:
    public_url = cdn_url(request.app[SETTINGS], key) if key else None
    response = web.Response(status=302, headers={"Location": public_url or url})
    return respond_with_etag(request, response, tag, max_age_s=_LATEST_MAX_AGE_S)
