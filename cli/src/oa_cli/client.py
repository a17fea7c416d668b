"""The API client of the command line."""

import asyncio
import hashlib
import os
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

import aiohttp
from yarl import URL

from oa_cli.answer_reading import check_status, check_text, decode_answer, describe_connection, read_text
from oa_cli.api_errors import RejectedError, UnreachableError
from oa_cli.target import Target, find_target
from oa_shared.api_credentials import ApiCredentials
from oa_shared.json_types import JsonMapping

_TIMEOUT_S = 120
# A host that serves clients of openaddresses/batch answers in their version unless a request names this one.
_ACCEPTED = {"Accept": "application/vnd.openaddresses.v2+json, */*;q=0.9"}
_CHUNK_BYTES = 1 << 18
# POST requests that the API recognizes by their Idempotency-Key, so that they can be repeated.
_IDEMPOTENT_POSTS = frozenset({"/api/bulk", "/api/run", "/api/export", "/api/fabric"})
_BAD = 400
_TRIES = 3
_PAUSE_S = 0.5
_Answer = TypeVar("_Answer", bound=JsonMapping)
OnBytes = Callable[[int], None]  # receives the number of bytes so far


class Api:
    """Calls of the API in one session. Every method raises UnreachableError or RejectedError.

    `answer` is the TypedDict of the expected JSON object. An answer of another shape is not from this API.
    """

    def __init__(self, session: aiohttp.ClientSession, target: Target) -> None:
        self._session = session
        self.url = target.url

    async def get(self, path: str, answer: type[_Answer], **query: object) -> _Answer:
        """Return the JSON answer; query values of None are left out."""
        return decode_answer(await self._call("GET", path, params=_query(query)), answer)

    async def health(self, answer: type[_Answer]) -> _Answer:
        """Return the health of the system; with problems its status is 503."""
        return decode_answer(await self._call("GET", "/", good=(HTTPStatus.SERVICE_UNAVAILABLE,)), answer)

    async def text(self, path: str, **query: object) -> str:
        """Return the answer as text; query values of None are left out."""
        return check_text(await self._call("GET", path, params=_query(query)))

    async def post(self, path: str, answer: type[_Answer], body: JsonMapping | None = None) -> _Answer:
        """Return the JSON answer; a request that the API recognizes by its key is repeated if its answer is lost."""
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        return decode_answer(await self._call("POST", path, body=body or {}, headers=headers), answer)

    async def patch(self, path: str, answer: type[_Answer], body: JsonMapping) -> _Answer:
        """Return the JSON answer."""
        return decode_answer(await self._call("PATCH", path, body=body), answer)

    async def delete(self, path: str, answer: type[_Answer], body: JsonMapping | None = None) -> _Answer:
        """Return the JSON answer."""
        return decode_answer(await self._call("DELETE", path, body=body), answer)

    async def put_file(self, path: str, answer: type[_Answer], source: Path) -> _Answer:
        """Send a file as the body, without a time limit, and return the JSON answer."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_TIMEOUT_S)
        file = await asyncio.to_thread(source.open, "rb")
        try:
            async with self._session.put(self.url + path, data=file, timeout=timeout) as response:
                return decode_answer(check_status(response.status, await read_text(response)), answer)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise UnreachableError(describe_connection(self.url, error)) from error
        finally:
            await asyncio.to_thread(file.close)

    async def lines(self, path: str, headers: Mapping[str, str], **query: object) -> AsyncIterator[str]:
        """Yield the lines of an answer as they arrive."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_TIMEOUT_S, sock_read=_TIMEOUT_S)
        url, params = self.url + path, _query(query)
        try:
            async with self._session.get(url, params=params, headers=headers, timeout=timeout) as response:
                if response.status >= _BAD:
                    check_status(response.status, await read_text(response))
                async for line in response.content:
                    yield line.decode("utf-8", "replace").rstrip("\r\n")
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise UnreachableError(describe_connection(self.url, error)) from error

    async def download(
        self, path: str, target: Path, *, sha256: str | None = None, on_bytes: OnBytes | None = None
    ) -> int:
        """Write a file completely or not at all, and return its size in bytes; report the bytes so far.

        Raises RejectedError if the SHA-256 differs, or if the file cannot be written.
        """
        part, digest, size_bytes = target.with_name(target.name + ".part"), hashlib.sha256(), 0
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_TIMEOUT_S, sock_read=_TIMEOUT_S)
        try:
            async with self._session.get(URL(self.url + path, encoded=True), timeout=timeout) as response:
                if response.status >= _BAD:
                    check_status(response.status, await read_text(response))
                with await asyncio.to_thread(part.open, "wb") as file:
                    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                        size_bytes += await asyncio.to_thread(file.write, chunk)
                        digest.update(chunk)
                        if on_bytes is not None:
                            on_bytes(size_bytes)
            if sha256 is not None and digest.hexdigest() != sha256:
                raise RejectedError(f"{target.name}: the bytes do not match the SHA-256; try again")
            await asyncio.to_thread(part.replace, target)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise UnreachableError(describe_connection(self.url, error)) from error
        except OSError as error:
            raise RejectedError(f"cannot write {target}: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)
        return size_bytes

    async def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: JsonMapping | None = None,
        headers: Mapping[str, str] | None = None,
        good: Collection[int] = (),
    ) -> str:
        """Return the body of the answer; `good` has statuses of this request that are not failures."""
        url = self.url + path
        for attempt in range(1, _TRIES + 1):
            try:
                async with self._session.request(method, url, params=params, json=body, headers=headers) as response:
                    text = await read_text(response)
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                if attempt == _TRIES or not _is_repeatable(method, path):
                    raise UnreachableError(describe_connection(self.url, error)) from error
                await asyncio.sleep(_PAUSE_S * attempt)
                continue
            return text if response.status in good else check_status(response.status, text)
        raise UnreachableError(self.url)


@asynccontextmanager
async def open_api() -> AsyncIterator[Api]:
    """Open a session with the API that the environment or the folder names."""
    target = find_target(os.environ, await asyncio.to_thread(Path.cwd))
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    credentials = ApiCredentials(target.url, target.headers)
    async with aiohttp.ClientSession(middlewares=[credentials], timeout=timeout, headers=_ACCEPTED) as session:
        yield Api(session, target)


def _is_repeatable(method: str, path: str) -> bool:
    return method == "GET" or path in _IDEMPOTENT_POSTS or path.endswith(("/jobs", "/build"))


def _query(values: JsonMapping) -> dict[str, str]:
    given = {key: value for key, value in values.items() if value is not None}
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in given.items()}
