"""GET /api/licenses and GET /api/attribution."""

import json

from aiohttp import hdrs, web

from oa_api.datasets import attribution
from oa_api.datasets.attribution import Attribution
from oa_api.datasets.queries import get_version
from oa_api.datasets.request_schemas import AttributionFilterSchema
from oa_api.datasets.requests import AttributionFilter
from oa_api.datasets.schemas import LicenseListSchema
from oa_api.db.database import Database
from oa_api.http.app_keys import DATABASE
from oa_api.http.compression import MIN_BYTES, compress_body, may_compress
from oa_api.http.conditional import respond_conditionally, respond_if_changed, tag_of
from oa_api.http.kept_bodies import KEPT_BODIES
from oa_api.http.request_parsing import read_query
from oa_shared.json_types import JsonObject


async def list_licenses(request: web.Request) -> web.Response:
    """Return each license with the number of datasets under it."""
    uses = await attribution.list_license_uses(request.app[DATABASE])
    return respond_conditionally(request, web.json_response(LicenseListSchema().dump({"licenses": uses})))


async def get_attribution(request: web.Request) -> web.Response:
    """Return the attribution of a selection, as a text file or as JSON."""
    attribution_filter, database = await read_query(request, AttributionFilterSchema()), request.app[DATABASE]
    tag = tag_of("attribution", repr(attribution_filter), await get_version(database))
    response = web.Response()
    if unchanged := respond_if_changed(request, response, tag):
        return unchanged
    response.content_type = "application/json" if attribution_filter.format == "json" else "text/plain"
    is_compressible = may_compress(request, response)
    body = request.app[KEPT_BODIES].find(tag) if is_compressible else None
    if body is None:
        plain = (await _attribution(database, attribution_filter)).encode()
        if not is_compressible or len(plain) < MIN_BYTES:
            response.body = plain
            return response
        body = await compress_body(plain)
        request.app[KEPT_BODIES].keep(tag, body)
    response.headers[hdrs.CONTENT_ENCODING] = "gzip"
    response.body = body
    return response


async def _attribution(database: Database, attribution_filter: AttributionFilter) -> str:
    """Return the attribution of a selection in the format of its filter."""
    attributions = await attribution.list_attributions(database, attribution_filter)
    if attribution_filter.format == "json":
        return json.dumps({"datasets": [_serialize(item) for item in attributions]})
    return attribution.attribution_of(attributions)


def _serialize(item: Attribution) -> JsonObject:
    """Return a dataset in the shape of AttributionSchema, which is too slow for thousands."""
    return {
        "source_name": item.source_name,
        "layer": item.layer,
        "name": item.name,
        "license": item.license.as_json() if item.license else None,
        "attribution": item.attribution,
    }
