"""The forms of acknowledgements: on the page of a failed job, and on the Errors page."""

from aiohttp import web

from oa_api.acknowledgements import acknowledgements
from oa_api.acknowledgements.schemas import NewAcknowledgementSchema
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ConflictError
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import path_id
from oa_api.http.schemas import ActionReasonSchema
from oa_api.identity.principal import PRINCIPAL
from oa_api.ui import flash

_PATH = "/errors"


async def post_acknowledgement(request: web.Request) -> web.Response:
    """Acknowledge a failure of a source, and show the errors."""
    new, by = await read_form(request, NewAcknowledgementSchema()), request[PRINCIPAL]
    try:
        row = await request.app[DATABASE].run(lambda transaction: acknowledgements.acknowledge(transaction, new, by=by))
    except ConflictError as error:
        return flash.see_other(request, _PATH, f"Not changed: {error.detail}.", kind="bad")
    text = f"{row.error_code} of {row.source_name} acknowledged until {row.until}."
    return flash.see_other(request, _PATH, text)


async def post_end(request: web.Request) -> web.Response:
    """Show a muted failure again, and the errors."""
    acknowledgement = path_id(request, "acknowledgement")
    reason, by = (await read_form(request, ActionReasonSchema())).reason, request[PRINCIPAL]
    try:
        row = await request.app[DATABASE].run(
            lambda transaction: acknowledgements.end_acknowledgement(transaction, acknowledgement, by=by, reason=reason)
        )
    except ConflictError as error:
        return flash.see_other(request, _PATH, f"Not changed: {error.detail}.", kind="bad")
    return flash.see_other(request, _PATH, f"{row.error_code} of {row.source_name} shows again.")
