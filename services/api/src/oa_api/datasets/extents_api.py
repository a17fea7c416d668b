"""GET /api/data/places: the extents of datasets as GeoJSON, sent part by part, however many there are."""

import json
from dataclasses import astuple

from aiohttp import hdrs, web

from oa_api.datasets import queries
from oa_api.datasets.request_schemas import DatasetSelectionSchema
from oa_api.datasets.requests import DatasetSelection
from oa_api.http.app_keys import DATABASE
from oa_api.http.compression import compress_stream
from oa_api.http.conditional import respond_if_changed, tag_of
from oa_api.http.request_parsing import read_query
from oa_shared.media_types import GEOJSON

_MAX_AGE_S = 300


async def get_extents(request: web.Request) -> web.StreamResponse:
    """Send the extents and the centers of the selected datasets as GeoJSON."""
    return await send_extents(request, await read_query(request, DatasetSelectionSchema()))


async def send_extents(request: web.Request, selection: DatasetSelection) -> web.StreamResponse:
    """Send the extents and the centers of a selection, or 304 if the client has those of the current data."""
    database = request.app[DATABASE]
    tag = tag_of("extents", repr(selection), await queries.get_version(database))
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: GEOJSON})
    if unchanged := respond_if_changed(request, response, tag, max_age_s=_MAX_AGE_S):
        return unchanged
    bounds = astuple(await queries.get_bounds(database, selection))
    head = f',"bbox":{json.dumps(bounds)}' if None not in bounds else ""
    parts = queries.read_extents(database, selection)
    first = await anext(parts, "")  # before the status is sent: it may be an error of the database
    compress_stream(request, response)
    await response.prepare(request)
    if request.method == hdrs.METH_HEAD:
        return response
    await response.write(f'{{"type":"FeatureCollection"{head},"features":[{first}'.encode())
    async for features in parts:
        await response.write(f",{features}".encode())
    await response.write_eof(b"]}")
    return response
