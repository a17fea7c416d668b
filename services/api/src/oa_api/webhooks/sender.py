"""Sending one delivery: only to the public internet, without following redirects, within ten seconds."""

import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

import aiohttp
from yarl import URL

from oa_api.webhooks.payload import body_on_site
from oa_api.webhooks.rows import WebhookRequest
from oa_api.webhooks.signature import signature_headers
from oa_shared.public_http import AddressRefusedError, Guard, public_session

TIMEOUT_S = 10
_MAX_CONNECTIONS = 50
_USER_AGENT = "OpenAddresses-Batch"


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The result of one attempt: the status of the response, and the error unless the receiver accepted it."""

    status: int | None
    error: str | None

    @property
    def is_accepted(self) -> bool:
        """Return whether the receiver accepted the delivery: a redirect does not."""
        return self.error is None


class Sender:
    """An HTTP session for deliveries; hosts in `allowed_hosts` may be private ones, for a stack on one machine.

    The URLs in deliveries start with `site`, the base URL of this service.
    """

    def __init__(self, allowed_hosts: tuple[str, ...], *, site: str, timeout_s: float = TIMEOUT_S) -> None:
        self._site = site
        self._guard = Guard(allowed_hosts)
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        self._session = public_session(
            self._guard, timeout=timeout, connections=_MAX_CONNECTIONS, cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, request: WebhookRequest) -> DeliveryResult:
        """Send a delivery once. The body of the response is not read."""
        if self._session is None:
            return DeliveryResult(None, "the sender is not open")
        body = body_on_site(request.body, self._site).encode()
        try:
            signed = signature_headers(
                request.secret,
                body,
                message_id=str(request.id),
                timestamp_s=int(time.time()),
                former_secret=request.former_secret,
            )
            headers = {"Content-Type": "application/json", "User-Agent": _USER_AGENT, **signed}
            url = self._guard.check(URL(request.url))
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                is_accepted = HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES
                return DeliveryResult(response.status, None if is_accepted else f"HTTP {response.status}")
        except AddressRefusedError as error:
            return DeliveryResult(None, error.detail)
        except TimeoutError:
            return DeliveryResult(None, f"no response within {self._timeout_s:g} s")
        except aiohttp.ClientConnectorDNSError:
            return DeliveryResult(None, "host name not found")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return DeliveryResult(None, f"connection failed: {type(error).__name__}")
