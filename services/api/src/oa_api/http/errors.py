"""Answers that are not what the client hoped for, each with its HTTP status."""

from collections.abc import Mapping
from typing import Any, ClassVar

from oa_shared.errors import OaError


class ApiError(OaError):
    """An answer of 400 or more; `fields` says what is wrong where."""

    status: ClassVar[int] = 400

    def __init__(self, detail: str = "", *, fields: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.fields = fields or {}


class NotFoundError(ApiError):
    """The thing asked for is not there."""

    code, title, status = "not_found", "There is no such thing.", 404


class UnauthorizedError(ApiError):
    """Nobody is known to have sent the request: nothing says who, or what does is not valid."""

    code, title, status = "unauthorized", "Nobody is signed in.", 401


class ForbiddenError(ApiError):
    """Whoever asks is known, but may not do that."""

    code, title, status = "forbidden", "You may not do that.", 403


class ConflictError(ApiError):
    """The request does not fit the state that things are in."""

    code, title, status = "conflict", "That is not possible in the present state.", 409


class GoneError(ApiError):
    """The thing was there, and is not kept any more."""

    code, title, status = "gone", "It is not kept any more.", 410


class TooLargeError(ApiError):
    """The body is larger than this endpoint takes."""

    code, title, status = "too_large", "The request is too large.", 413


class InvalidError(ApiError):
    """The request can be read but says something that cannot be."""

    code, title, status = "invalid", "The request is not valid.", 422


class BadRequestError(ApiError):
    """The request cannot be read."""

    code, title, status = "bad_request", "The request cannot be read.", 400


class TooSlowError(ApiError):
    """The body did not come in time."""

    code, title, status = "too_slow", "The request took too long to arrive.", 408


class TooManyRequestsError(ApiError):
    """The client has asked for more than its share."""

    code, title, status = "too_many_requests", "Too many requests.", 429


class UnsupportedTypeError(ApiError):
    """The body is of a type that this endpoint does not read."""

    code, title, status = "unsupported_type", "The body is of a type that is not read here.", 415


class BusyError(ApiError):
    """The server has as much to do as it takes on."""

    code, title, status = "busy", "The server takes no more of this now.", 503
