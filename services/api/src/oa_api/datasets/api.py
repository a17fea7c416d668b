"""The endpoints below /api/data, and the stable URLs below /latest."""

from aiohttp import web

from oa_api.datasets import queries
from oa_api.datasets.request_schemas import DatasetFilterSchema, HistoryFilterSchema
from oa_api.datasets.serializers import output_url, serialize_dataset, serialize_publication, summarize_dataset
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.conditional import respond_conditionally, respond_with_etag
from oa_api.http.paging import list_response
from oa_api.http.request_parsing import path_id, read_query
from oa_api.http.schemas import ALL_FIELDS
from oa_api.jobs.file_links import cdn_url
from oa_api.jobs.output_files import read_output

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


async def list_history(request: web.Request) -> web.Response:
    """Return a page of the publications of a dataset."""
    window, database = await read_query(request, HistoryFilterSchema()), request.app[DATABASE]
    data = (await queries.get_dataset(database, path_id(request, "data"))).id
    page = await queries.list_history(database, data, window)
    response = list_response(request, window, "publications", page, serialize=serialize_publication, data=data)
    return respond_conditionally(request, response)


async def get_latest(request: web.Request) -> web.Response:
    """Redirect to a file of the published attempt of a dataset. Raises NotFoundError."""
    source, layer, name, file = (request.match_info[part] for part in ("source", "layer", "name", "file"))
    latest = await queries.get_latest_file(request.app[DATABASE], source=source, layer=layer, name=name, file=file)
    output = read_output(latest.output)
    public_url = cdn_url(request.app[SETTINGS], output.key) if output.key else None
    location = public_url or output_url(latest.job, latest.attempt, file)
    response = web.Response(status=302, headers={"Location": location})
    tag = f"{latest.job}-{latest.attempt}-{output.sha256[:32]}"
    return respond_with_etag(request, response, tag, max_age_s=_LATEST_MAX_AGE_S)
