"""`oa-api call METHOD PATH [BODY]`: sends one request to the API, for an external schedule."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp
import structlog

from oa_shared.api_credentials import ApiCredentials
from oa_shared.errors import OaError
from oa_shared.retrying import retrying

log = structlog.get_logger()
_TIMEOUT_S = 300
_DELAYS_S = (1, 5, 20, 60)
_MAX_LOGGED_LENGTH = 500


@dataclass(frozen=True, slots=True)
class CallSettings:
    """The settings of `oa-api call`."""

    api_url: str = field(metadata={"help": "Base URL of the API."})
    shared_secret: str = field(repr=False, metadata={"help": "Secret that services send in the `secret` header."})
    schedule: str = field(default="", metadata={"help": "Name of the request in the log."})
    idempotency_key: str = field(
        default="", metadata={"help": "Value of `Idempotency-Key`, which makes a repeated request harmless."}
    )


class CallUsageError(OaError):
    """The arguments are not METHOD PATH [BODY]."""

    code = "call.usage"
    title = "Usage: oa-api call METHOD PATH [BODY]"


class _CallError(Exception):
    """The API refused the request, or broke the connection."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class _NotProcessedError(_CallError):
    """The API did not process the request: it cannot be reached, or returned 503."""


async def call(settings: CallSettings, arguments: Sequence[str], delays_s: Sequence[float] = _DELAYS_S) -> bool:
    """Send the request and return whether it succeeded; the log has `call_answered` or `call_failed`.

    The request is repeated only while the API has not processed it. Raises CallUsageError.
    """
    method, path, body = _parse_arguments(arguments)
    url = settings.api_url.rstrip("/") + path
    credentials = ApiCredentials(settings.api_url, {"secret": settings.shared_secret})
    headers = {"content-type": "application/json"}
    if settings.idempotency_key:
        headers["idempotency-key"] = settings.idempotency_key
    bound_log = log.bind(schedule=settings.schedule, method=method, path=path)

    def log_retry(error: _NotProcessedError, _attempt: int) -> None:
        bound_log.warning("call_retrying", error=str(error))

    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(middlewares=[credentials], headers=headers, timeout=timeout) as session:
        try:
            status = await retrying(
                lambda: _request(session, method, url, body), delays_s, on=_NotProcessedError, before_retry=log_retry
            )
        except _CallError as error:
            bound_log.error("call_failed", status=error.status, error=str(error))
            return False
    bound_log.info("call_answered", status=status)
    return True


def _parse_arguments(arguments: Sequence[str]) -> tuple[str, str, bytes | None]:
    match arguments:
        case [method, path, *rest] if method.isalpha() and path.startswith("/") and len(rest) <= 1:
            return method.upper(), path, rest[0].encode() if rest else None
    raise CallUsageError(f"got {' '.join(arguments)!r}")


async def _request(session: aiohttp.ClientSession, method: str, url: str, body: bytes | None) -> int:
    """Return the status of a successful response; a redirect is a failure, because it does nothing."""
    try:
        async with session.request(method, url, data=body, allow_redirects=False) as response:
            text = (await response.text())[:_MAX_LOGGED_LENGTH]
    except aiohttp.ClientConnectorError as error:
        raise _NotProcessedError(str(error)) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise _CallError(type(error).__name__) from error
    if response.status == HTTPStatus.SERVICE_UNAVAILABLE:
        raise _NotProcessedError(text, response.status)
    if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
        raise _CallError(text, response.status)
    return response.status
