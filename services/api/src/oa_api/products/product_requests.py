"""What the endpoints and pages of products share: the requester of a build, and sending files."""

from aiohttp import web

from oa_api.http.app_keys import SETTINGS
from oa_api.http.errors import NotFoundError
from oa_api.http.problem import TRACEPARENT
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs.files import send_file
from oa_api.products.builds import Requester
from oa_api.products.conversions import ConversionLimits
from oa_api.products.exports import ExportLimits
from oa_api.products.product_files import ProductResult
from oa_shared.download_names import download_name

_SHOWN_LENGTH = 60


def requester_of(request: web.Request) -> Requester:
    """Return the caller as the requester of a build."""
    return Requester(request[PRINCIPAL], traceparent=request[TRACEPARENT])


def export_limits(request: web.Request) -> ExportLimits:
    """Return the limits of an export, from the settings."""
    settings = request.app[SETTINGS]
    return ExportLimits(settings.export_inputs, settings.export_features, settings.export_keep_days)


def conversion_limits(request: web.Request) -> ConversionLimits:
    """Return the limits of conversions, from the settings."""
    settings = request.app[SETTINGS]
    return ConversionLimits(settings.conversion_features, settings.conversions_at_once)


async def send_output(request: web.Request, product: ProductResult, file: str, *, label: str) -> web.StreamResponse:
    """Redirect to a file of a product, or stream it. Raises NotFoundError; `label` names the product there."""
    output = product.outputs.get(file)
    if output is None or output.key is None:
        raise NotFoundError(f"{label} has no file {file[:_SHOWN_LENGTH]!r}")
    return await send_file(request, output.key, save_as=download_name(file, label))
