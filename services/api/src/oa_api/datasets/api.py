"""The endpoints below /api/data, and the stable addresses below /latest."""

import json
from typing import Any

from aiohttp import web

from oa_api.datasets import queries
from oa_api.datasets.request_schemas import DataFilterSchema, HistoryFilterSchema, SelectionSchema
from oa_api.datasets.serializers import output_address, serialize_dataset, serialize_publication
from oa_api.db.database import Row
from oa_api.http import paging
from oa_api.http.app_keys import DATABASE
from oa_api.http.conditional import respond_conditionally, respond_with_etag
from oa_api.http.errors import NotFoundError
from oa_api.http.request_parsing import path_id, query

_LATEST_KEPT_S = 60
_PLACES_KEPT_S = 300


async def list_data(request: web.Request) -> web.Response:
    """Return a page of what is published."""
    asked, database = await query(request, DataFilterSchema()), request.app[DATABASE]
    total = await queries.total(database, asked)
    rows = [serialize_dataset(row) for row in await queries.datasets(database, asked)]
    return respond_conditionally(request, paging.page_response(request, asked, "data", rows, total=total))


async def get_dataset(request: web.Request) -> web.Response:
    """Return one dataset."""
    return respond_conditionally(request, web.json_response(serialize_dataset(await dataset_of(request))))


async def list_history(request: web.Request) -> web.Response:
    """Return a page of the publications of a dataset."""
    asked, database = await query(request, HistoryFilterSchema()), request.app[DATABASE]
    data = (await dataset_of(request))["id"]
    rows, total = await queries.history(database, data, asked)
    views = [serialize_publication(row) for row in rows]
    return respond_conditionally(
        request, paging.page_response(request, asked, "publications", views, total=total, data=data)
    )


async def get_places(request: web.Request) -> web.Response:
    """Return the bounds and the middle of what is published as GeoJSON."""
    return await answer_places(request, await query(request, SelectionSchema()))


async def answer_places(request: web.Request, asked: dict[str, Any]) -> web.Response:
    """Return the bounds and the middle of each dataset of a selection as GeoJSON."""
    found = await queries.extents(request.app[DATABASE], asked)
    bounds = [found[side] for side in ("west", "south", "east", "north")] if found["features"] else None
    bbox = f',"bbox":{json.dumps(bounds)}' if bounds else ""
    text = f'{{"type":"FeatureCollection"{bbox},"features":[{found["features"]}]}}'
    response = web.Response(text=text, content_type="application/geo+json", zlib_executor_size=0)
    response.enable_compression()
    return respond_conditionally(request, response, max_age_s=_PLACES_KEPT_S)


async def get_latest(request: web.Request) -> web.Response:
    """Redirect to a file of what is published now. Raises NotFoundError."""
    source, layer, name, file = (request.match_info[part] for part in ("source", "layer", "name", "file"))
    row = await queries.latest_file(request.app[DATABASE], source=source, layer=layer, name=name, file=file)
    if row is None:
        raise NotFoundError(f"nothing is published of {source[:200]!r}, {layer[:40]!r}, {name[:200]!r}")
    if row["output"] is None:
        raise NotFoundError(f"what is published has no {file[:60]!r}")
    address = output_address(row["job"], row["attempt"], file)
    response = web.Response(status=302, headers={"Location": address})
    tag = f"{row['job']}-{row['attempt']}-{str(row['output'].get('sha256') or '')[:32]}"
    return respond_with_etag(request, response, tag, max_age_s=_LATEST_KEPT_S)


async def dataset_of(request: web.Request) -> Row:
    """Return the dataset of the path. Raises NotFoundError."""
    data = path_id(request, "data")
    row = await queries.dataset(request.app[DATABASE], data)
    if row is None:
        raise NotFoundError(f"there is no dataset {data}")
    return row
