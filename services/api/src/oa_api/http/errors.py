"""Errors that become HTTP responses, each with its status."""

from collections.abc import Mapping
from typing import ClassVar

from oa_shared.errors import OaError


class ApiError(OaError):
    """A response of 400 or more; `fields` maps names of fields to what is wrong with them."""

    status: ClassVar[int] = 400

    def __init__(self, detail: str = "", *, fields: Mapping[str, object] | None = None) -> None:
        super().__init__(detail)
        self.fields = fields or {}


class NotFoundError(ApiError):
    """The requested thing does not exist."""

    code, title, status = "not_found", "Not found.", 404


class UnauthorizedError(ApiError):
    """The request has no credential, or an invalid one."""

    code, title, status = "unauthorized", "Authentication required.", 401


class ForbiddenError(ApiError):
    """The caller is known, but its role does not permit the request."""

    code, title, status = "forbidden", "Permission denied.", 403


class ConflictError(ApiError):
    """The request does not fit the current state."""

    code, title, status = "conflict", "Conflict with the current state.", 409


class GoneError(ApiError):
    """The requested thing has been deleted."""

    code, title, status = "gone", "No longer available.", 410


class TooLargeError(ApiError):
    """The body exceeds the limit of the endpoint."""

    code, title, status = "too_large", "The request is too large.", 413


class InvalidError(ApiError):
    """The request is well-formed, but a value is invalid."""

    code, title, status = "invalid", "The request is not valid.", 422


class BadRequestError(ApiError):
    """The request is malformed."""

    code, title, status = "bad_request", "The request cannot be read.", 400


class TooSlowError(ApiError):
    """The body took too long to arrive."""

    code, title, status = "too_slow", "The request took too long to arrive.", 408


class TooManyRequestsError(ApiError):
    """The client exceeds its rate limit."""

    code, title, status = "too_many_requests", "Too many requests.", 429


class UnsupportedTypeError(ApiError):
    """The endpoint does not accept the body's content type."""

    code, title, status = "unsupported_type", "Unsupported content type.", 415


class StartingError(ApiError):
    """The process cannot serve yet."""

    code, title, status = "starting", "Service starting.", 503


class BusyError(ApiError):
    """The server is at its limit."""

    code, title, status = "busy", "Server busy.", 503


class PreparingError(ApiError):
    """The requested file is being written; `wait_s` is in how many seconds to ask again."""

    code, title, status = "preparing", "The file is being prepared.", 503

    def __init__(self, detail: str, *, wait_s: int) -> None:
        super().__init__(detail)
        self.wait_s = wait_s
