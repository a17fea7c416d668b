"""What the endpoints and pages of datasets share about conversions: their state, and starting one within the limits."""

from aiohttp import hdrs, web

from oa_api.datasets import queries
from oa_api.datasets.rows import DatasetRow
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import NotFoundError, PreparingError
from oa_api.http.problem import TRACEPARENT
from oa_api.identity.principal import PRINCIPAL
from oa_api.identity.rate_limit import LIMITS
from oa_api.products import conversions
from oa_api.products.conversions import Conversion, ConversionState
from oa_api.products.product_requests import conversion_limits
from oa_shared.products import ProductFormat

_LEAST_WAIT_S = 5
# Headers of browsers and previews that load a link ahead of a click.
_PURPOSES = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


async def read_conversions(request: web.Request, dataset: DatasetRow) -> list[Conversion]:
    """Return the conversions of the published result of a dataset, one for each format."""
    limits = conversion_limits(request)
    return await conversions.list_conversions(request.app[DATABASE], dataset.id, dataset.result, limits)


async def request_conversion(request: web.Request, data: int, format_: ProductFormat) -> Conversion:
    """Start a conversion unless it runs or its file exists, and return it.

    Raises NotFoundError, GoneError, ConflictError, BusyError, and TooManyRequestsError for a client that has started
    too many.
    """
    dataset = await queries.get_dataset(request.app[DATABASE], data)
    conversion = await _find(request, dataset, format_)
    if conversion.state in {ConversionState.READY, ConversionState.PREPARING}:
        return conversion
    if conversion.is_startable:
        request.app[LIMITS].consume_conversion(request)
    await conversions.start_conversion(
        request.app[DATABASE],
        data,
        format_,
        request[PRINCIPAL],
        limits=conversion_limits(request),
        traceparent=request[TRACEPARENT],
    )
    return await _find(request, dataset, format_)


async def get_ready_conversion(request: web.Request, data: int, format_: ProductFormat) -> Conversion:
    """Return a conversion with its file; a GET starts one that does not exist.

    Raises PreparingError, which states when to ask again, NotFoundError for one that failed or is not offered, and
    what `request_conversion` raises.
    """
    dataset = await queries.get_dataset(request.app[DATABASE], data)
    conversion = await _find(request, dataset, format_)
    if conversion.is_startable and _is_file_requested(request):
        conversion = await request_conversion(request, data, format_)
    if conversion.state is ConversionState.READY:
        return conversion
    if conversion.state in {ConversionState.FAILED, ConversionState.REFUSED}:
        raise NotFoundError(f"{conversion.file} is not available: {conversion.reason}")
    if conversion.is_startable:
        raise PreparingError(
            f"{conversion.file} is written on request: a GET of this URL starts it", wait_s=_LEAST_WAIT_S
        )
    wait_s = conversion.wait_s or 1
    raise PreparingError(f"{conversion.file} is being prepared; ask again in {wait_s} s", wait_s=wait_s)


def _is_file_requested(request: web.Request) -> bool:
    """Return whether a request is for the file, rather than for its existence or ahead of a click."""
    purposes = (request.headers.get(name, "") for name in _PURPOSES)
    return request.method == hdrs.METH_GET and not any("prefetch" in purpose.lower() for purpose in purposes)


async def _find(request: web.Request, dataset: DatasetRow, format_: ProductFormat) -> Conversion:
    return next(item for item in await read_conversions(request, dataset) if item.format is format_)
