"""The routes for containers of attempts."""

from oa_api.attempt_access import api
from oa_api.attempt_access.schemas import (
    AttemptCredentialsSchema,
    AttemptTokenSchema,
    RequestedInputsSchema,
    SignedInputsSchema,
)
from oa_api.http.routing import post
from oa_shared.roles import Role

_WHO = "For the container of the attempt: the body contains its token. 409 once the attempt is over."

ROUTES = (
    post(
        "/api/job/{job}/attempt/{attempt}/credentials",
        api.post_credentials,
        "Issue credentials for the files of an attempt",
        operation_id="issueCredentials",
        response=AttemptCredentialsSchema,
        tag="jobs",
        description=(
            f"{_WHO} Temporary credentials of AWS that create and read objects below the prefix of this attempt only; "
            "null if this system issues none, then the container uses its own role."
        ),
        body=AttemptTokenSchema,
        refusals=(403, 409),
        role=Role.ANYONE,
    ),
    post(
        "/api/job/{job}/attempt/{attempt}/inputs",
        api.post_inputs,
        "Sign URLs of the inputs of a product",
        operation_id="signInputs",
        response=SignedInputsSchema,
        tag="jobs",
        description=f"{_WHO} Each URL is valid for an hour. 403 for a key that the plan of the job does not name.",
        body=RequestedInputsSchema,
        refusals=(403, 409),
        role=Role.ANYONE,
    ),
)
