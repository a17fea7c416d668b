"""Sending one delivery: to the public internet only, following no redirect, and not waiting for long."""

import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Self

import aiohttp
from yarl import URL

from oa_api.webhooks.signature import HEADER, signature
from oa_shared.public_http import AddressRefusedError, Guard, public_session

TIMEOUT_S = 10
_AT_ONCE = 50
_AGENT = "OpenAddresses-Batch"


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """What is sent where, and by which secret it is signed."""

    delivery: int
    event: str
    url: str
    body: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """How it went: the status of an answer, or why there was none."""

    status: int | None
    error: str | None

    @property
    def is_taken(self) -> bool:
        """Return whether it was taken; a redirect takes nothing."""
        return self.error is None


class Sender:
    """A session of its own; hosts in `allowed_hosts` may be private ones, for use on one machine."""

    def __init__(self, allowed_hosts: tuple[str, ...], *, timeout_s: float = TIMEOUT_S) -> None:
        self._guard = Guard(allowed_hosts)
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        self._session = public_session(
            self._guard, timeout=timeout, connections=_AT_ONCE, cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, parcel: WebhookRequest) -> DeliveryResult:
        """Send it once; what the other side says, beyond its status, is not read."""
        if self._session is None:
            return DeliveryResult(None, "the sender is not open")
        body = parcel.body.encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": _AGENT,
            "OA-Event": parcel.event,
            "OA-Delivery": str(parcel.delivery),
            HEADER: signature(parcel.secret, body, int(time.time())),
        }
        try:
            url = self._guard.check(URL(parcel.url))
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                is_taken = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
                return DeliveryResult(answer.status, None if is_taken else f"it answered {answer.status}")
        except AddressRefusedError as error:
            return DeliveryResult(None, error.detail)
        except TimeoutError:
            return DeliveryResult(None, f"no answer within {self._timeout_s:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return DeliveryResult(None, f"it cannot be reached: {type(error).__name__}")
