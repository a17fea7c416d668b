"""The endpoints below /api/acknowledgement."""

from aiohttp import web

from oa_api.acknowledgements import acknowledgements
from oa_api.acknowledgements.schemas import (
    AcknowledgementFilterSchema,
    AcknowledgementSchema,
    NewAcknowledgementSchema,
)
from oa_api.http.app_keys import DATABASE
from oa_api.http.paging import list_response
from oa_api.http.request_parsing import path_id, read_body, read_query
from oa_api.http.schemas import ActionReasonSchema
from oa_api.identity.principal import PRINCIPAL

_ACKNOWLEDGEMENT = AcknowledgementSchema()


async def list_acknowledgements(request: web.Request) -> web.Response:
    """Return a page of acknowledgements, newest first."""
    acknowledgement_filter = await read_query(request, AcknowledgementFilterSchema())
    page = await acknowledgements.list_acknowledgements(request.app[DATABASE], acknowledgement_filter)
    return list_response(request, acknowledgement_filter, "acknowledgements", page, serialize=_ACKNOWLEDGEMENT.dump)


async def post_acknowledgement(request: web.Request) -> web.Response:
    """Acknowledge a failure of a source."""
    new, by = await read_body(request, NewAcknowledgementSchema()), request[PRINCIPAL]
    row = await request.app[DATABASE].run(lambda transaction: acknowledgements.acknowledge(transaction, new, by=by))
    return web.json_response(_ACKNOWLEDGEMENT.dump(row))


async def delete_acknowledgement(request: web.Request) -> web.Response:
    """End an acknowledgement."""
    acknowledgement = path_id(request, "acknowledgement")
    reason, by = (await read_body(request, ActionReasonSchema())).reason, request[PRINCIPAL]
    row = await request.app[DATABASE].run(
        lambda transaction: acknowledgements.end_acknowledgement(transaction, acknowledgement, by=by, reason=reason)
    )
    return web.json_response(_ACKNOWLEDGEMENT.dump(row))
