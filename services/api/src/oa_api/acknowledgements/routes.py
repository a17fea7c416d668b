"""The routes of acknowledgements."""

from oa_api.acknowledgements import api, pages
from oa_api.acknowledgements.schemas import (
    AcknowledgementFilterSchema,
    AcknowledgementListSchema,
    AcknowledgementSchema,
    NewAcknowledgementSchema,
)
from oa_api.http.routing import delete, form, get, post
from oa_api.http.schemas import ActionReasonSchema
from oa_shared.roles import Role

API = (
    get(
        "/api/acknowledgement",
        api.list_acknowledgements,
        "List acknowledged failures",
        operation_id="listAcknowledgements",
        description="Newest first; `ended` includes ended ones.",
        response=AcknowledgementListSchema,
        tag="jobs",
        query=AcknowledgementFilterSchema,
        role=Role.ANYONE,
    ),
    post(
        "/api/acknowledgement",
        api.post_acknowledgement,
        "Acknowledge a failure of a source",
        operation_id="acknowledgeFailure",
        response=AcknowledgementSchema,
        tag="jobs",
        description=(
            "Mutes a failure code of a source until the end of a day: the overview, the Errors page and the digest "
            "list it as acknowledged. It replaces an earlier acknowledgement. A failure with another code is not muted."
        ),
        body=NewAcknowledgementSchema,
        refusals=(409,),
        role=Role.MODERATOR,
    ),
    delete(
        "/api/acknowledgement/{acknowledgement}",
        api.delete_acknowledgement,
        "End an acknowledgement",
        operation_id="endAcknowledgement",
        response=AcknowledgementSchema,
        tag="jobs",
        description="The failure appears again.",
        body=ActionReasonSchema,
        refusals=(409,),
        role=Role.MODERATOR,
    ),
)
PAGES = (
    form("/acknowledgements", pages.post_acknowledgement, "Acknowledge", role=Role.MODERATOR),
    form("/acknowledgements/{acknowledgement}/end", pages.post_end, "Show again", role=Role.MODERATOR),
)
ROUTES = (*API, *PAGES)
