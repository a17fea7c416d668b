"""Published data, places and licenses in the form of openaddresses/batch."""

import json

from aiohttp import web

from oa_api.compatibility import data_queries
from oa_api.compatibility.request_fields import read_query_v1
from oa_api.compatibility.request_schemas import DataListV1Schema, HistoryV1Schema
from oa_api.compatibility.rows import LicensedSourceRow
from oa_api.compatibility.serializers import dataset_v1, history_job_v1, list_dataset_v1, place_feature, place_v1
from oa_api.datasets import queries
from oa_api.http.app_keys import DATABASE
from oa_api.http.conditional import respond_conditionally
from oa_api.http.request_parsing import path_id
from oa_shared.json_types import JsonObject
from oa_shared.licenses import credit_of, normalize_license
from oa_shared.media_types import MEDIA_TYPES


async def list_datasets(request: web.Request) -> web.Response:
    """Return all selected datasets as an array."""
    data_list = await read_query_v1(request, DataListV1Schema())
    datasets = await data_queries.list_datasets(request.app[DATABASE], data_list)
    return respond_conditionally(request, web.json_response([list_dataset_v1(dataset) for dataset in datasets]))


async def get_dataset(request: web.Request) -> web.Response:
    """Return one dataset."""
    dataset = await queries.get_dataset(request.app[DATABASE], path_id(request, "data"))
    return respond_conditionally(request, web.json_response(dataset_v1(dataset)))


async def list_history(request: web.Request) -> web.Response:
    """Return the jobs of live runs for a dataset, newest first."""
    history, database = await read_query_v1(request, HistoryV1Schema()), request.app[DATABASE]
    data = (await queries.get_dataset(database, path_id(request, "data"))).id
    jobs = await data_queries.list_history(database, data, history.status)
    return respond_conditionally(
        request, web.json_response({"id": data, "jobs": [history_job_v1(job) for job in jobs]})
    )


async def get_map(_request: web.Request) -> web.Response:
    """Return what a map needs to start: no key."""
    return web.json_response({"protomaps_key": None})


async def list_features(request: web.Request) -> web.Response:
    """Return the places as lines of GeoJSON."""
    places = await data_queries.list_places(request.app[DATABASE])
    text = "".join(f"{json.dumps(place_feature(place))}\n" for place in places)
    return respond_conditionally(request, web.Response(text=text, content_type=MEDIA_TYPES[".jsonl"]))


async def get_place(request: web.Request) -> web.Response:
    """Return one place."""
    place = await data_queries.get_place(request.app[DATABASE], path_id(request, "map"))
    return respond_conditionally(request, web.json_response(place_v1(place)))


async def list_licenses(request: web.Request) -> web.Response:
    """Return the sources of published data by license."""
    sources = await data_queries.list_licensed_sources(request.app[DATABASE])
    return respond_conditionally(request, web.json_response({"licenses": _group(sources)}))


def _group(sources: list[LicensedSourceRow]) -> list[JsonObject]:
    groups: dict[tuple[str | None, ...], list[list[str | None]]] = {}
    for source in sources:
        license_ = normalize_license(source.license)
        if license_ is None:
            continue
        attribution = credit_of(license_, source.source_name).attribution if license_.attribution_name else None
        group = groups.setdefault((attribution, license_.text, license_.url), [])
        item = [f"{source.source_name}.json", license_.website]
        if item not in group[-1:]:
            group.append(item)
    return [
        {"attribution": attribution, "license": text, "url": url, "sources": items}
        for (attribution, text, url), items in groups.items()
    ]
