"""Reading what a client sends: path, query and body, by schema."""

import json
from typing import Any

from aiohttp import web
from marshmallow import Schema, ValidationError

from oa_api.errors import BadRequestError, InvalidError, NotFoundError, TooLargeError
from oa_api.schemas import MAX_ID

SMALL_BODY_BYTES = 1024 * 1024
JOBS_BODY_BYTES = 64 * 1024 * 1024


def path_id(request: web.Request, name: str) -> int:
    """Return a number of the path. Raises NotFoundError for what can be no id."""
    text = request.match_info[name]
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:20]) <= MAX_ID or len(text) > len(str(MAX_ID)):
        raise NotFoundError(f"there is no {name} {text[:40]!r}")
    return int(text)


def query(request: web.Request, schema: Schema) -> dict[str, Any]:
    """Return the query by schema; an empty value counts as absent. Raises InvalidError."""
    repeated = {name for name in request.query if len(request.query.getall(name)) > 1}
    if repeated:
        raise InvalidError("query parameters are given once", fields={name: ["Given twice."] for name in repeated})
    return _load(schema, {name: value for name, value in request.query.items() if value != ""}, "the query")


async def body(request: web.Request, schema: Schema, *, limit: int = SMALL_BODY_BYTES) -> dict[str, Any]:
    """Return the JSON body by schema. Raises BadRequestError, TooLargeError, InvalidError."""
    raw = await raw_body(request, limit=limit)
    try:
        decoded = json.loads(raw or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"the body is not JSON: {error}") from error
    return _load(schema, decoded, "the body")


async def raw_body(request: web.Request, *, limit: int) -> bytes:
    """Return the bytes of the body, at most `limit`. Raises TooLargeError."""
    if (request.content_length or 0) > limit:
        raise TooLargeError(f"the body has {request.content_length:,} bytes, at most {limit:,} are taken")
    raw = await request.read()
    if len(raw) > limit:
        raise TooLargeError(f"the body has more than {limit:,} bytes")
    return raw


def _load(schema: Schema, given: Any, what: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        fields = error.normalized_messages()  # type: ignore[no-untyped-call] # marshmallow leaves it unannotated
        raise InvalidError(f"{what} is not valid: {', '.join(map(str, fields))}", fields=fields) from error
    return loaded
