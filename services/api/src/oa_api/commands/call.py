"""`oa-api call METHOD PATH [BODY]`: one request to the API, as a schedule makes it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp
import structlog

from oa_shared.errors import OaError

log = structlog.get_logger()
_TIMEOUT_S = 300
_DELAYS_S = (1, 5, 20, 60)


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
    title = "Use: oa-api call METHOD PATH [BODY]"


@dataclass(frozen=True, slots=True)
class _Outcome:
    status: int | None
    error: str
    nothing_happened: bool = False

    @property
    def taken(self) -> bool:
        """Return whether the API did it; a redirect does nothing."""
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


async def call(settings: CallSettings, arguments: Sequence[str], delays_s: Sequence[float] = _DELAYS_S) -> bool:
    """Make the request and return whether the API took it; `call_answered` or `call_failed` in the log says so.

    While the API is not there or answers 503 nothing has happened, so it is asked again; anything else is final.
    Raises CallUsageError.
    """
    method, path, body = _read(arguments)
    headers = {"secret": settings.shared_secret, "content-type": "application/json"}
    if settings.idempotency_key:
        headers["idempotency-key"] = settings.idempotency_key
    told = {"schedule": settings.schedule, "method": method, "path": path}
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S)) as session:
        outcome = await _request(session, method, url=settings.api_url.rstrip("/") + path, body=body)
        for delay_s in delays_s:
            if not outcome.nothing_happened:
                break
            log.warning("call_retrying", **told, error=outcome.error)
            await asyncio.sleep(delay_s)
            outcome = await _request(session, method, url=settings.api_url.rstrip("/") + path, body=body)
    if outcome.taken:
        log.info("call_answered", **told, status=outcome.status)
    else:
        log.error("call_failed", **told, status=outcome.status, error=outcome.error)
    return outcome.taken


def _read(arguments: Sequence[str]) -> tuple[str, str, bytes | None]:
    match arguments:
        case [method, path, *rest] if method.isalpha() and path.startswith("/") and len(rest) <= 1:
            return method.upper(), path, rest[0].encode() if rest else None
    raise CallUsageError(f"got {' '.join(arguments)!r}")


async def _request(session: aiohttp.ClientSession, method: str, *, url: str, body: bytes | None) -> _Outcome:
    try:
        async with session.request(method, url, data=body, allow_redirects=False) as answer:
            text = await answer.text()
    except aiohttp.ClientConnectorError as error:
        return _Outcome(None, str(error), nothing_happened=True)
    except (aiohttp.ClientError, TimeoutError) as error:
        return _Outcome(None, type(error).__name__)
    return _Outcome(answer.status, text[:500], nothing_happened=answer.status == HTTPStatus.SERVICE_UNAVAILABLE)
