"""GET /api/data/places: the extents of datasets as GeoJSON, sent part by part, however many there are.

A complete body is kept until the data changes.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import astuple

from aiohttp import hdrs, web

from oa_api.datasets import queries
from oa_api.datasets.request_schemas import DatasetSelectionSchema
from oa_api.datasets.requests import DatasetSelection
from oa_api.db.database import Database
from oa_api.http.app_keys import DATABASE
from oa_api.http.compression import MIN_BYTES, compress_parts, may_compress
from oa_api.http.conditional import respond_if_changed, tag_of
from oa_api.http.kept_bodies import KEPT_BODIES, KeptBodies
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
    is_compressible = may_compress(request, response)
    if is_compressible and (kept := request.app[KEPT_BODIES].find(tag)) is not None:
        response.headers[hdrs.CONTENT_ENCODING] = "gzip"
        return await _send(request, response, _chain(kept))
    parts = _read_parts(database, selection)
    start = await anext(parts) + await anext(parts, b"")
    parts = _chain(start, parts)
    if is_compressible and len(start) >= MIN_BYTES:
        response.headers[hdrs.CONTENT_ENCODING] = "gzip"
        parts = _keep_parts(request.app[KEPT_BODIES], tag, compress_parts(parts))
    return await _send(request, response, parts)


async def _read_parts(database: Database, selection: DatasetSelection) -> AsyncIterator[bytes]:
    bounds = astuple(await queries.get_bounds(database, selection))
    head = f',"bbox":{json.dumps(bounds)}' if None not in bounds else ""
    before = f'{{"type":"FeatureCollection"{head},"features":['
    async for features in queries.read_extents(database, selection):
        yield f"{before}{features}".encode()
        before = ","
    yield b"]}" if before == "," else f"{before}]}}".encode()


async def _chain(start: bytes, parts: AsyncIterator[bytes] | None = None) -> AsyncIterator[bytes]:
    yield start
    if parts is not None:
        async for part in parts:
            yield part


async def _keep_parts(bodies: KeptBodies, tag: str, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the parts of a body; keep it once all of them are sent."""
    sent: list[bytes] = []
    async for part in parts:
        sent.append(part)
        yield part
    bodies.keep(tag, b"".join(sent))


async def _send(request: web.Request, response: web.StreamResponse, parts: AsyncIterator[bytes]) -> web.StreamResponse:
    """Send the parts of a body; an error of the database before the first one is the response."""
    first = await anext(parts)
    await response.prepare(request)
    if request.method == hdrs.METH_HEAD:
        return response
    await response.write(first)
    async for part in parts:
        await response.write(part)
    await response.write_eof()
    return response
