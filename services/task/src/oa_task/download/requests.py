"""Requests to untrusted servers: checks of every redirect, limits on every response, codes for every failure."""

import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import NoReturn

import aiohttp
from yarl import URL

from oa_shared.failure_details import ANSWER_BYTES, ServerAnswer
from oa_shared.public_http import AddressRefusedError, Guard, public_session
from oa_shared.request_headers import header_violation
from oa_task.download.attempts import TransientError, retry_after_s
from oa_task.download.content_encoding import ContentEncodingError, content_encodings, decode_body
from oa_task.download.limits import DownloadLimits
from oa_task.download.s3 import in_region
from oa_task.download.server_answer import server_answer
from oa_task.download.server_message import has_password_field, is_web_page, quote_message
from oa_task.download.shown_url import shown_url
from oa_task.runtime.failure import TaskFailure

USER_AGENT = "openaddresses-batch/1.0 (+https://github.com/openaddresses)"
_CLIENT_CLOSED = 499
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_START_BYTES, _MAX_PAGE = 64 * 1024, 1024 * 1024
_REFUSALS = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS})
_MAX_SHOWN = 300
_HEADER_ADVICE = (
    "the server may require headers such as `User-Agent` or `Referer`: set `request.headers`, or find another URL"
)
_CHALLENGE_ADVICE = "the site requires a check that only browsers pass: find another URL, or ask the publisher"


class WebPageError(TransientError):
    """A web page in place of data: a notice of an outage, or the refusal of a firewall."""


class Requests:
    """A session with the guard in its resolver, which follows redirects itself to check each one."""

    def __init__(
        self, session: aiohttp.ClientSession, guard: Guard, limits: DownloadLimits, headers: Mapping[str, str]
    ) -> None:
        self._session = session
        self._guard = guard
        self._limits = limits
        self._headers = headers
        # The start of the body of each open response that has been checked.
        self._bodies: dict[aiohttp.ClientResponse, bytes] = {}

    def quote(self, url: URL, body: bytes) -> str:
        """Return what the server at a URL says in a body, for the end of a message; "" if the guard forbids it."""
        return quote_message(body) if self._guard.may_quote(url) else ""

    def parse_url(self, text: str) -> URL:
        """Return the URL in a text if the guard allows it.

        Raises TaskFailure source.schema or source.address_refused.
        """
        try:
            return self._guard.check(URL(text.strip()))
        except ValueError as error:
            raise TaskFailure("source.schema", f"{text[:200]!r} is not a valid URL: {error}") from error
        except AddressRefusedError as error:
            raise TaskFailure("source.address_refused", error.detail) from error

    @asynccontextmanager
    async def send(
        self,
        url: URL,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield the response after all redirects. The host of the definition alone receives the definition's headers.

        Raises TransientError upstream.timeout or upstream.connection, TaskFailure source.not_found or
        source.address_refused.
        """
        current = url
        for _ in range(self._limits.redirects + 1):
            own = self._headers if current.host == url.host else {}
            sent = _merge_headers({"User-Agent": USER_AGENT}, own, headers or {})
            async with (
                _translate_errors(current),
                self._session.request(method, current, headers=sent, data=data, allow_redirects=False) as response,
            ):
                if response.status not in _REDIRECTS:
                    with self._attach_answer(response):
                        yield response
                    return
                current = self._guard.check(_target(response, current))
        raise TaskFailure(
            "source.not_found",
            f"{_printable(url)} redirects more than {self._limits.redirects} times: open it in a browser; the server "
            "may require a login",
        )

    @contextmanager
    def _attach_answer(self, response: aiohttp.ClientResponse) -> Iterator[None]:
        """Add the answer of the server to each failure of the block."""
        try:
            yield
        except TransientError as error:
            error.failure.answer = self.answer(response, self._bodies.get(response, b""))
            raise
        except TaskFailure as failure:
            failure.answer = self.answer(response, self._bodies.get(response, b""))
            raise
        finally:
            self._bodies.pop(response, None)

    def answer(self, response: aiohttp.ClientResponse, body: bytes) -> ServerAnswer | None:
        """Return the answer of a server for the details of a failure, None if the guard forbids to show it."""
        return server_answer(response, body) if self._guard.may_show_answer(response.url) else None

    def check_status(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        """Raise TransientError for a status that may be temporary, TaskFailure source.* for a permanent one."""
        self._bodies[response] = body[:ANSWER_BYTES]
        status, said = response.status, self.quote(response.url, body)
        text = f"{_printable(response.url)} returned HTTP {status}{said}"
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise TransientError("upstream.throttled", text, retry_after_s=retry_after_s(response))
        if status in {_CLIENT_CLOSED, HTTPStatus.REQUEST_TIMEOUT} or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise TransientError("upstream.http_5xx", text, retry_after_s=retry_after_s(response))
        if status == HTTPStatus.UNAUTHORIZED:
            raise TaskFailure("source.token_required", text)
        if status in _REFUSALS:
            is_challenge = "challenge" in response.headers.get("cf-mitigated", "").lower()
            advice = _CHALLENGE_ADVICE if is_challenge else _HEADER_ADVICE
            raise TaskFailure("source.forbidden", f"{text}; {advice}")
        if status >= HTTPStatus.BAD_REQUEST or status < HTTPStatus.OK:
            raise TaskFailure("source.not_found", text)

    def check_markup(self, url: URL, body: bytes, response: aiohttp.ClientResponse) -> None:
        """Raise for a web page in place of data, unless `body` is none.

        Raises TaskFailure source.token_required if it has a password field, else WebPageError, or TaskFailure
        upstream.not_data if the limits exclude another fetch of the page.
        """
        if not is_web_page(body):
            return
        self._bodies[response] = body[:ANSWER_BYTES]
        with self._attach_answer(response):
            self._refuse_page(url, body)

    def _refuse_page(self, url: URL, body: bytes) -> NoReturn:
        text, said = f"{_printable(url)} returned", self.quote(url, body)
        if has_password_field(body):
            raise TaskFailure(
                "source.token_required", f"{text} a page with a password field: the data requires a login{said}"
            )
        from oa_task.read.page_links import list_links  # noqa: PLC0415 - most servers send data

        links = [_absolute(url, link) for link in list_links(body)] if self._guard.may_quote(url) else []
        more = f"; it links to {', '.join(links)}" if links else ""
        error = WebPageError("upstream.not_data", f"{text} a web page instead of data{said}{more}")
        raise error if self._limits.repeats_web_pages else error.failure


def _absolute(page: URL, link: str) -> str:
    """Return the target of a link of a page; as the page has it if it is not a valid URL."""
    try:
        return _printable(page.join(URL(link)))
    except ValueError:
        return link


@asynccontextmanager
async def open_requests(
    guard: Guard, limits: DownloadLimits, headers: Mapping[str, str] | None = None
) -> AsyncIterator[Requests]:
    """Open a session with the headers of a definition. Raises TaskFailure source.schema for a forbidden header.

    It keeps cookies, also those of hosts without a name, and sends them to the host that set them.
    """
    violation = header_violation(headers or {})
    if violation is not None:
        raise TaskFailure("source.schema", f"`request.headers`: {violation}")
    timeout = aiohttp.ClientTimeout(total=limits.total_s, sock_connect=limits.connect_s, sock_read=limits.stall_s)
    cookies = aiohttp.CookieJar(unsafe=True)  # `unsafe` accepts hosts that are IP addresses
    async with public_session(guard, timeout=timeout, cookie_jar=cookies, auto_decompress=False) as session:
        yield Requests(session, guard, limits, headers or {})


async def read_start(response: aiohttp.ClientResponse) -> bytes:
    """Return the first bytes of a body, decoded, for a message; b"" if they cannot be read or decoded."""
    try:
        body = await response.content.read(_START_BYTES)
        return decode_body(body, content_encodings(response.headers.get("Content-Encoding", "")), most_bytes=_MAX_PAGE)
    except (aiohttp.ClientError, OSError, ContentEncodingError, TaskFailure):
        return b""


def _merge_headers(*sets: Mapping[str, str]) -> dict[str, str]:
    """Return all headers; a later one replaces an earlier one of the same name, in any case."""
    merged: dict[str, tuple[str, str]] = {}
    for headers in sets:
        merged.update({name.lower(): (name, value) for name, value in headers.items()})
    return dict(merged.values())


def _target(response: aiohttp.ClientResponse, current: URL) -> URL:
    """Return the target of a redirect; S3 names no location, only the region of a bucket."""
    location, region = response.headers.get("Location"), response.headers.get("x-amz-bucket-region")
    if location is None and region is not None:
        return in_region(current, region)
    try:
        return current.join(URL(location or ""))
    except ValueError as error:
        raise TaskFailure("source.not_found", f"{_printable(current)} redirects to an invalid URL: {error}") from error


@asynccontextmanager
async def _translate_errors(url: URL) -> AsyncIterator[None]:
    """Raise connection errors as TransientError, a refused address as TaskFailure source.address_refused."""
    try:
        yield
    except AddressRefusedError as error:
        raise TaskFailure("source.address_refused", error.detail) from error
    except TimeoutError as error:
        raise TransientError("upstream.timeout", f"{_printable(url)} stopped responding: {error}") from error
    except aiohttp.ClientPayloadError as error:
        raise TransientError(
            "upstream.truncated", f"{_printable(url)}: the connection closed early: {error}"
        ) from error
    except (aiohttp.ClientError, ConnectionError) as error:
        refusal = _refusal(error)
        if refusal is not None:
            raise TaskFailure("source.address_refused", refusal.detail) from error
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            reason = error.certificate_error
            detail = reason.verify_message if isinstance(reason, ssl.SSLCertVerificationError) else str(reason)
            text = f"{_printable(url)}: the certificate of the server is not valid: {detail}"
            raise TaskFailure("source.certificate", text) from error
        raise TransientError("upstream.connection", f"{_printable(url)}: {type(error).__name__}: {error}") from error


def _printable(url: URL) -> str:
    return shown_url(url)[:_MAX_SHOWN]


def _refusal(error: BaseException) -> AddressRefusedError | None:
    """Return the refusal of an address that caused a connection error, None if there is none."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, AddressRefusedError):
        cause = cause.__cause__ or cause.__context__
    return cause
