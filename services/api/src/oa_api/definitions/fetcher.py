"""Fetching source definitions from allowed hosts."""

import asyncio
from typing import Self

import aiohttp
from aiohttp import web
from yarl import URL

from oa_shared.bounded_body import BodyTooLargeError, read_body
from oa_shared.definition_address import MAX_DEFINITION_BYTES, raw_address
from oa_shared.errors import OaError
from oa_shared.public_http import AddressRefusedError, Guard, public_session

DEFAULT_HOSTS = frozenset({"raw.githubusercontent.com", "github.com"})
_TIMEOUT_S = 15
_MAX_CONCURRENT = 20
_MAX_REDIRECTS = 3
_OK = 200
_MAX_QUOTED = 200


class FetchError(OaError):
    """A definition could not be fetched."""

    title = "The source definition could not be fetched."

    def __init__(self, detail: str, *, code: str = "source.not_found") -> None:
        super().__init__(detail)
        self.code = code  # type: ignore[misc] # one class, several codes of the closed vocabulary


class DefinitionFetcher:
    """Fetches small JSON files, at most twenty concurrently."""

    def __init__(self, allowed_hosts: tuple[str, ...]) -> None:
        self._guard = Guard(allowed_hosts)
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        self._session = public_session(self._guard, timeout=timeout, connections=_MAX_CONCURRENT)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(self, address: str) -> str:
        """Return the text at a URL. Raises FetchError."""
        url = self._check(_parse(address))
        async with self._slots:
            for _ in range(_MAX_REDIRECTS + 1):
                result = await self._get(url)
                if isinstance(result, str):
                    return result
                url = self._check(result)
        raise FetchError(f"more than {_MAX_REDIRECTS} redirects from {_quote(address)}")

    def _check(self, url: URL) -> URL:
        """Return the URL to fetch. Raises FetchError for a host that is not allowed."""
        try:
            self._guard.check(url)
        except AddressRefusedError as error:
            raise FetchError(error.detail, code=error.code) from error
        if not self._guard.is_allowed(url.host or "", url.port) and not (url.host in DEFAULT_HOSTS and _is_https(url)):
            text = (
                f"{url.origin()} is not allowed; use https and {', '.join(sorted(DEFAULT_HOSTS))}, or send the "
                "definition inline"
            )
            raise FetchError(text, code="source.address_refused")
        return URL(raw_address(str(url)))

    async def _get(self, url: URL) -> str | URL:
        """Return the text at a URL, or the URL to which it redirects."""
        if self._session is None:
            raise FetchError("the fetcher is not open")
        try:
            async with self._session.get(url, allow_redirects=False) as response:
                if response.status in {301, 302, 303, 307, 308}:
                    return url.join(_parse(response.headers.get("Location", "")))
                if response.status != _OK:
                    raise FetchError(f"{url} answered {response.status}")
                return _decode(await _read(response), url)
        except AddressRefusedError as error:
            raise FetchError(error.detail, code=error.code) from error
        except (aiohttp.ClientError, OSError) as error:
            raise FetchError(f"{url} cannot be fetched: {type(error).__name__}") from error


def _parse(address: str) -> URL:
    try:
        return URL(address)
    except ValueError as error:
        raise FetchError(f"{_quote(address)} is not a URL: {error}", code="source.schema") from error


def _is_https(url: URL) -> bool:
    return url.scheme == "https" and url.is_default_port()


def _quote(address: str) -> str:
    return repr(address[:_MAX_QUOTED])


async def _read(response: aiohttp.ClientResponse) -> bytes:
    try:
        return await read_body(response, max_bytes=MAX_DEFINITION_BYTES)
    except BodyTooLargeError as error:
        raise FetchError(str(error), code="source.too_large") from error


def _decode(body: bytes, url: URL) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FetchError(f"{url} is not UTF-8 (byte {error.start})", code="source.encoding") from error


FETCHER = web.AppKey("fetcher", DefinitionFetcher)
