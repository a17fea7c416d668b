"""One ArcGIS layer's REST endpoint: a question in, JSON or a failure with a code out.

Servers answer errors with HTTP 200 and a JSON `error`, whose `code` is an HTTP status, 498 or 499 (token), or an
HRESULT; and with web pages. What an answer means is decided by codes and content, never by the prose in it.
"""

import json
import time
from collections.abc import Mapping
from typing import Any

import orjson
from yarl import URL

from oa_task.download.esri.throttle import Throttle
from oa_task.download.limits import DownloadLimits
from oa_task.download.requests import Requests, TransientError, check_markup, check_status, retry_after_s
from oa_task.runtime.failure import TaskFailure

_LONGEST_GET = 1800
_CHUNK_BYTES = 1 << 18
_CODE_DIGITS = 10
_TOKEN = frozenset({401, 403, 498, 499})
_REFUSED = frozenset({400, 404, 405, 414, 501})
_BUSY = frozenset({429})
_SLOW = frozenset({408, 504})
Answer = dict[str, Any]


class EsriRequestError(Exception):
    """The server will not answer this question, however often it is asked."""


class EsriClient:
    """Asks one layer at one host's pace."""

    def __init__(self, requests: Requests, address: str, *, pace: Throttle, limits: DownloadLimits) -> None:
        self._requests = requests
        self._pace = pace
        self._limits = limits
        self._url, self._always = _layer_address(requests.address(address))

    @property
    def url(self) -> str:
        """Return the layer's address."""
        return str(self._url)

    @property
    def failures(self) -> int:
        """Return how many questions in a row failed."""
        return self._pace.failures

    def note_failure(self) -> None:
        """Take an answer for a failure that only the caller can know as one."""
        self._pace.went_badly(None)

    async def ask(self, path: str, parameters: Mapping[str, str]) -> Answer:
        """Ask once. Raises RefusedError, Trouble, or TaskFailure source.*."""
        url = self._url / path if path else self._url
        asked = {**self._always, **parameters, "f": "json"}
        async with self._pace.slot():
            started = time.monotonic()
            try:
                answer = await self._send(url, asked)
            except TransientError as trouble:
                self._pace.went_badly(trouble.retry_after_s)
                raise
            self._pace.went_well(time.monotonic() - started)
        return answer

    async def ask_until_answered(self, path: str, parameters: Mapping[str, str]) -> Answer:
        """Ask until there is an answer, within the number of tries. Raises as `ask`, TaskFailure upstream.* at last."""
        for attempt in range(1, self._limits.tries + 1):
            try:
                return await self.ask(path, parameters)
            except TransientError as trouble:
                if attempt == self._limits.tries:
                    raise trouble.failure from trouble
        raise TaskFailure("bug.crash", "no tries are allowed")

    async def _send(self, url: URL, asked: dict[str, str]) -> Answer:
        address = url.with_query(asked)
        is_long = len(str(address)) > _LONGEST_GET
        request = self._requests.ask(url, method="POST", data=asked) if is_long else self._requests.ask(address)
        async with request as response:
            body = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                body += chunk
                if len(body) > self._limits.page_bytes:
                    raise TransientError(
                        "source.too_large", f"{url} answers with more than {self._limits.page_bytes:,} bytes"
                    )
            answer = _decoded(bytes(body), response.charset)
            if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
                _raise_error(answer["error"], str(url), retry_after_s(response))
            if response.status in _REFUSED and answer is None:
                raise EsriRequestError(f"{url} answered {response.status}")
            check_status(response)
        if isinstance(answer, dict):
            return answer
        check_markup(bytes(body), str(url))
        raise TransientError("upstream.http_5xx", f"{url} answered {response.content_type}, which is not JSON")


def _layer_address(url: URL) -> tuple[URL, dict[str, str]]:
    """Return a layer's own address, and the parameters that the definition wants in every question, as a token."""
    path = url.path.rstrip("/").removesuffix("/query")
    always = {key: value for key, value in url.query.items() if key.lower() == "token"}
    return url.with_query(None).with_fragment(None).with_path(path), always


def _decoded(body: bytes, charset: str | None) -> Any:
    """Decode JSON; NaN, raw line ends in text and lone surrogates, which servers write, are mended. None: no JSON."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        text = body.decode(charset or "utf-8", "replace")
        lenient = json.loads(text, strict=False, parse_constant=lambda _: None)
        return orjson.loads(json.dumps(lenient, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, LookupError, RecursionError):
        return None


def _code(said: Any) -> int | None:
    """Return an error's code, which some servers write as text."""
    is_number = isinstance(said, int) or (isinstance(said, str) and said.isdecimal() and len(said) < _CODE_DIGITS)
    return int(said) if is_number else None


def _raise_error(error: dict[str, Any], where: str, wanted_s: float | None) -> None:
    said = error.get("code")
    text = f"{where} answered with error {str(said)[:20]}: {str(error.get('message') or '')[:200]}"
    code = _code(said)
    if code in _TOKEN:
        raise TaskFailure("source.token_required", text)
    if code in _REFUSED:
        raise EsriRequestError(text)
    if code in _BUSY:
        raise TransientError("upstream.throttled", text, retry_after_s=wanted_s)
    raise TransientError("upstream.timeout" if code in _SLOW else "upstream.http_5xx", text, retry_after_s=wanted_s)
