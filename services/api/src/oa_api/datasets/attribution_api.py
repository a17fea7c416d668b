"""GET /api/licenses and GET /api/attribution."""

from aiohttp import web

from oa_api.datasets import attribution
from oa_api.datasets.attribution import Attribution
from oa_api.datasets.request_schemas import AttributionFilterSchema
from oa_api.datasets.schemas import LicenseListSchema
from oa_api.http.app_keys import DATABASE
from oa_api.http.conditional import respond_conditionally
from oa_api.http.request_parsing import read_query
from oa_shared.json_types import JsonObject


async def list_licenses(request: web.Request) -> web.Response:
    """Return each license with the number of datasets under it."""
    uses = await attribution.list_license_uses(request.app[DATABASE])
    return respond_conditionally(request, web.json_response(LicenseListSchema().dump({"licenses": uses})))


async def get_attribution(request: web.Request) -> web.Response:
    """Return the attribution of a selection, as a text file or as JSON."""
    attribution_filter = await read_query(request, AttributionFilterSchema())
    attributions = await attribution.list_attributions(request.app[DATABASE], attribution_filter)
    if attribution_filter.format == "json":
        fields = {"datasets": [_serialize(item) for item in attributions]}
        return respond_conditionally(request, web.json_response(fields))
    text = attribution.attribution_of(attributions)
    return respond_conditionally(request, web.Response(text=text, content_type="text/plain"))


def _serialize(item: Attribution) -> JsonObject:
    """Return a dataset in the shape of AttributionSchema, which is too slow for thousands."""
    return {
        "source_name": item.source_name,
        "layer": item.layer,
        "name": item.name,
        "license": item.license.as_json() if item.license else None,
        "attribution": item.attribution,
    }
