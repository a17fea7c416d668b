"""Reading requests: path, query and body, by schema (webargs, with limits and messages of this service)."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

import aiohttp
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from marshmallow import RAISE, Schema, ValidationError
from webargs.aiohttpparser import AIOHTTPParser

from oa_api.http.body_budget import BODY_RESERVATION
from oa_api.http.errors import (
    BadRequestError,
    InvalidError,
    NotFoundError,
    TooLargeError,
    TooSlowError,
    UnsupportedTypeError,
)
from oa_api.http.fields import MAX_ID, SMALL_BODY_BYTES, RequestSchema, error_messages
from oa_api.http.safe_json import NotJsonError, UnstorableError, decode
from oa_shared import bounded_body
from oa_shared.large_bodies import TooManyValuesError, run_by_size

_Request = TypeVar("_Request")
_BODY_TIMEOUT_S = 60
_JSON_TYPES = frozenset({"application/json", "application/octet-stream"})
_BROKEN_BODY = (web.RequestPayloadError, aiohttp.ClientPayloadError, HttpProcessingError, ConnectionError)
_RAW_BODY = web.RequestKey("raw_body", bytes)
_SHOWN_LENGTH = 40


class _Parser(AIOHTTPParser):
    """webargs answers bad input itself; this parser raises ApiError for `handle_errors`."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"query": RAISE, "json": RAISE}  # noqa: RUF012 - as webargs declares it

    def load_querystring(self, req: web.Request, schema: Schema) -> Any:  # noqa: ARG002
        """Return the query; an empty value counts as absent."""
        times_given = Counter(req.query.keys())  # counted once: a URL has room for 4,000 names
        repeated = {name: ["Given twice."] for name, times in times_given.items() if times > 1}
        if repeated:
            raise InvalidError("give each query parameter once", fields=repeated)
        return {name: value for name, value in req.query.items() if value != ""}

    async def load_json(self, req: web.Request, schema: Schema) -> object:
        """Return the decoded body; an empty one is an empty object."""
        raw = await read_json_bytes(req, limit=getattr(schema, "max_bytes", SMALL_BODY_BYTES))
        try:
            return await run_by_size(len(raw), decode, raw)
        except NotJsonError as error:
            raise BadRequestError(f"the body is not JSON: {error.detail}") from error
        except TooManyValuesError as error:
            raise TooLargeError(f"the body has too many values: {error.detail}") from error
        except UnstorableError as error:
            raise InvalidError(f"the body is not valid: {error.detail}", fields={"json": [error.detail]}) from error

    def handle_error(self, error: ValidationError, req: web.Request, schema: Schema, **_: object) -> NoReturn:  # noqa: ARG002
        """Raise InvalidError with what is wrong by field."""
        (location, messages), *_rest = error_messages(error).items()
        fields = messages if isinstance(messages, Mapping) else {"_schema": messages}
        part = "body" if location == "json" else location
        raise InvalidError(f"the {part} is not valid: {', '.join(map(str, fields))}", fields=fields) from error


_parser = _Parser()


def path_id(request: web.Request, name: str) -> int:
    """Return an ID of the path. Raises NotFoundError for a text that cannot be one."""
    text = request.match_info[name]
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ID))
    if not is_number or not 0 < int(text) <= MAX_ID:
        raise NotFoundError(f"{name} {text[:_SHOWN_LENGTH]!r} does not exist")
    return int(text)


async def read_query(request: web.Request, schema: RequestSchema[_Request]) -> _Request:
    """Return the query as the schema's dataclass. Raises InvalidError."""
    loaded: _Request = await _parser.parse(schema, request, location="query")
    return loaded


async def read_body(request: web.Request, schema: RequestSchema[_Request]) -> _Request:
    """Return the JSON body as the schema's dataclass.

    Raises BadRequestError, InvalidError, TooLargeError, UnsupportedTypeError.
    """
    loaded: _Request = await _parser.parse(schema, request, location="json")
    return loaded


async def read_json_bytes(request: web.Request, *, limit: int) -> bytes:
    """Return the bytes of a JSON body, `{}` for an empty one. Raises UnsupportedTypeError, and what `raw_body` does."""
    if request.body_exists and request.content_type not in _JSON_TYPES:
        raise UnsupportedTypeError(f"send application/json, not {request.content_type}")
    return await raw_body(request, limit=limit) or b"{}"


async def raw_body(request: web.Request, *, limit: int = SMALL_BODY_BYTES) -> bytes:
    """Return the bytes of the body, decompressed, at most `limit`.

    Raises TooLargeError, BadRequestError, TooSlowError, and BusyError for more bytes than the body budget has.
    """
    if _RAW_BODY in request:
        return request[_RAW_BODY]
    if (request.content_length or 0) > limit:
        raise TooLargeError(f"the body has {request.content_length:,} bytes, limit {limit:,} bytes")
    try:
        async with asyncio.timeout(_BODY_TIMEOUT_S):
            request[_RAW_BODY] = await bounded_body.read_body(
                request, max_bytes=limit, on_chunk=request[BODY_RESERVATION].extend
            )
    except bounded_body.BodyTooLargeError as error:
        raise TooLargeError(f"the body has more than {limit:,} bytes") from error
    except TimeoutError as error:
        raise TooSlowError(f"the body did not arrive within {_BODY_TIMEOUT_S} seconds") from error
    except _BROKEN_BODY as error:
        raise BadRequestError(f"the body is broken: {type(error).__name__}") from error
    # For aiohttp's own readers, such as request.post(), which would find the body consumed.
    request._read_bytes = request[_RAW_BODY]  # noqa: SLF001 - the only way to give a body back
    return request[_RAW_BODY]
