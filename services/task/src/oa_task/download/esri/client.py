"""Client of the REST endpoint of one ArcGIS layer: sends queries, returns JSON or raises a failure with a code.

Servers return errors with HTTP 200 and a JSON `error`, whose `code` is an HTTP status, 498 or 499 (token), or an
HRESULT; or as web pages. Codes and content determine the meaning of a response, never the text of a message.
"""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import NoReturn

import aiohttp
import orjson
from yarl import URL

from oa_shared.json_types import JsonObject
from oa_task.download.attempts import TransientError, retry_after_s, with_attempts
from oa_task.download.content_encoding import ContentEncodingError, content_encodings, decode_body
from oa_task.download.esri.address import LayerAddress, parse_address
from oa_task.download.esri.throttle import Throttle
from oa_task.download.limits import DownloadLimits
from oa_task.download.requests import Requests
from oa_task.runtime.failure import TaskFailure

_MAX_GET_CHARACTERS = 1800
_CHUNK_BYTES = 1 << 18
_ENCODINGS = {"Accept-Encoding": "gzip, deflate"}
_MAX_CODE_DIGITS = 10
_TOKEN = frozenset({401, 403, 498, 499})
_REJECTED = frozenset({400, 404, 405, 414, 501})
_BUSY = frozenset({429})
_SLOW = frozenset({408, 504})


class EsriRequestError(Exception):
    """The server rejects this query, and would reject it again."""


class EsriClient:
    """Sends queries to one layer, throttled by host."""

    def __init__(self, requests: Requests, address: str, *, throttle: Throttle, limits: DownloadLimits) -> None:
        self._requests = requests
        self._throttle = throttle
        self._limits = limits
        self._address: LayerAddress = parse_address(requests.parse_url(address))
        self._url = self._address.url

    @property
    def url(self) -> str:
        """Return the URL of the layer."""
        return str(self._url)

    @property
    def dropped_parameters(self) -> dict[str, str]:
        """Return the parameters of the address that this client sets itself."""
        return self._address.dropped

    @property
    def failures(self) -> int:
        """Return the number of consecutive failures."""
        return self._throttle.failures

    def note_failure(self) -> None:
        """Count a response as a failure that only the caller can recognize."""
        self._throttle.record_failure(None)

    async def query(self, path: str, parameters: Mapping[str, str]) -> JsonObject:
        """Send a query once. Raises EsriRequestError, TransientError, or TaskFailure source.*."""
        url = self._url / path if path else self._url
        query = {**self._address.kept, **parameters, "f": "json"}
        async with self._throttle.slot():
            started = time.monotonic()
            try:
                response = await self._send(url, query)
            except TransientError as error:
                self._throttle.record_failure(error.retry_after_s)
                raise
            self._throttle.record_success(time.monotonic() - started)
        return response

    async def query_with_retries(self, path: str, parameters: Mapping[str, str]) -> JsonObject:
        """Send a query until it succeeds, up to the number of attempts.

        Raises EsriRequestError, or TaskFailure source.* or upstream.*.
        """
        return await with_attempts(lambda: self.query(path, parameters), self._limits, is_throttled=True)

    async def _send(self, url: URL, query: dict[str, str]) -> JsonObject:
        query_url = url.with_query(query)
        is_long = len(str(query_url)) > _MAX_GET_CHARACTERS
        request = (
            self._requests.send(url, method="POST", data=query, headers=_ENCODINGS)
            if is_long
            else self._requests.send(query_url, headers=_ENCODINGS)
        )
        async with request as response:
            body = await self._read(response)
            decoded = self._decode(body, response)
            if isinstance(decoded, dict) and isinstance(decoded.get("error"), dict):
                said = self._requests.quote(response.url, body)
                raise_error(decoded["error"], f"{url}", retry_after_s(response), said=said)
            if response.status in _REJECTED and decoded is None:
                text = f"{url} returned HTTP {response.status}{self._requests.quote(response.url, body)}"
                raise EsriRequestError(text)
            self._requests.check_status(response, body)
        if isinstance(decoded, dict):
            return decoded
        self._requests.check_markup(response.url.with_query(None), body, response)
        said = self._requests.quote(response.url, body)
        text = f"{url} returned {response.content_type or 'no type'}, which is not JSON{said}"
        raise TransientError("upstream.http_5xx", text)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """Return the decoded body. Raises TransientError for a body that is too large or cannot be decoded."""
        body, where, most_bytes = bytearray(), response.url.with_query(None), self._limits.page_bytes
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            body += chunk
            if len(body) > most_bytes:
                raise TransientError("source.too_large", f"{where} returned more than {most_bytes:,} bytes")
        encodings = content_encodings(response.headers.get("Content-Encoding", ""))
        try:
            return decode_body(bytes(body), encodings, most_bytes=most_bytes)
        except ContentEncodingError as error:
            text = f"{where}: the content encoding {', '.join(encodings)} is corrupt: {error}"
            raise TransientError("upstream.truncated", text) from error
        except TaskFailure as failure:
            raise TransientError(failure.code, f"{where}: {failure.message}") from failure

    def _decode(self, body: bytes, response: aiohttp.ClientResponse) -> object:
        """Return the JSON value of a body. Raises TransientError if it has more values than fit into memory."""
        values = sum(body.count(mark) for mark in (b"[", b"{", b","))
        if values > self._limits.page_values:
            text = f"{response.url.with_query(None)} returned more than {self._limits.page_values:,} values"
            raise TransientError("source.too_large", text)
        return decode_json(body, response.charset)


def decode_json(body: bytes, charset: str | None) -> object:
    """Return the JSON value, None if the body is not JSON; accept NaN, raw line ends in text and lone surrogates."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    with suppress(orjson.JSONDecodeError):
        value: object = orjson.loads(body)
        return value
    try:
        text = body.decode(charset or "utf-8", "replace")
        lenient = json.loads(text, strict=False, parse_constant=lambda _: None)
        value = orjson.loads(json.dumps(lenient, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, LookupError, RecursionError):
        return None
    return value


def _code(value: object) -> int | None:
    """Return the code of an error, which some servers write as text."""
    if isinstance(value, str) and value.isdecimal() and len(value) < _MAX_CODE_DIGITS:
        return int(value)
    return value if isinstance(value, int) else None


def raise_error(error: JsonObject, where: str, retry_after_s: float | None, *, said: str = "") -> NoReturn:
    """Raise the exception that the code of an ArcGIS error stands for; `said` quotes its message."""
    text = f"{where} returned error {str(error.get('code'))[:20]}{said}"
    code = _code(error.get("code"))
    if code in _TOKEN:
        raise TaskFailure("source.token_required", text)
    if code in _REJECTED:
        raise EsriRequestError(text)
    if code in _BUSY:
        raise TransientError("upstream.throttled", text, retry_after_s=retry_after_s)
    raise TransientError(
        "upstream.timeout" if code in _SLOW else "upstream.http_5xx", text, retry_after_s=retry_after_s
    )
