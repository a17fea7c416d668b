"""The endpoints for containers of attempts."""

from aiohttp import hdrs, web

from oa_api.attempt_access.open_attempt import check_open
from oa_api.attempt_access.plan_inputs import sign_inputs
from oa_api.attempt_access.schemas import (
    AttemptCredentialsSchema,
    AttemptTokenSchema,
    RequestedInputsSchema,
    SignedInputsSchema,
)
from oa_api.http.app_keys import DATABASE, KEY_ISSUER, STORAGE
from oa_api.http.errors import ApiError
from oa_api.http.request_parsing import path_id, read_body
from oa_api.metrics import ATTEMPT_CREDENTIALS
from oa_shared.attempt_keys import AttemptKeys, KeysUnavailableError
from oa_shared.json_types import JsonObject

_NO_STORE = {hdrs.CACHE_CONTROL: "no-store"}


async def post_credentials(request: web.Request) -> web.Response:
    """Return credentials for the files of an attempt, null if this system issues none."""
    with_token = await read_body(request, AttemptTokenSchema())
    try:
        job, attempt = await _check_open(request, with_token.token)
        issuer = request.app[KEY_ISSUER]
        keys = await issuer.issue(job, attempt) if issuer is not None else None
    except ApiError:
        ATTEMPT_CREDENTIALS.labels("refused").inc()
        raise
    except KeysUnavailableError:
        ATTEMPT_CREDENTIALS.labels("unavailable").inc()
        raise
    ATTEMPT_CREDENTIALS.labels("issued" if keys is not None else "not_configured").inc()
    body = {"job": job, "attempt": attempt, "credentials": _serialize(keys)}
    return web.json_response(AttemptCredentialsSchema().dump(body), headers=_NO_STORE)


async def post_inputs(request: web.Request) -> web.Response:
    """Return URLs of inputs that the plan of the job names."""
    selection = await read_body(request, RequestedInputsSchema())
    job, _ = await _check_open(request, selection.token)
    urls = await sign_inputs(request.app[DATABASE], request.app[STORAGE], job, selection.keys)
    body = {"job": job, "inputs": [{"key": key, "url": urls[key]} for key in selection.keys]}
    return web.json_response(SignedInputsSchema().dump(body), headers=_NO_STORE)


async def _check_open(request: web.Request, token: str) -> tuple[int, int]:
    """Return the job and the attempt of the path. Raises NotFoundError, ForbiddenError, ConflictError."""
    job, attempt = path_id(request, "job"), path_id(request, "attempt")
    await check_open(request.app[DATABASE], job=job, attempt=attempt, token=token)
    return job, attempt


def _serialize(keys: AttemptKeys | None) -> JsonObject | None:
    if keys is None:
        return None
    return {
        "access_key_id": keys.access_key,
        "secret_access_key": keys.secret_key,
        "session_token": keys.session_token,
        "valid_s": keys.valid_s,
    }
