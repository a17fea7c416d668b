"""The API as a person's programs use it."""

import asyncio
import hashlib
import json
import os
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from oa_shared.errors import OaError

_TIMEOUT_S = 120
_CHUNK_BYTES = 1 << 18
_KNOWING_KEYS = frozenset({"/api/job/bulk", "/api/run", "/api/export", "/api/fabric"})
_BAD, _UNAUTHORIZED = 400, 401
_TRIES = 3
_PAUSE_S = 0.5
_CHUNK_BYTES = 1 << 18
_HERE = Path(".local") / "env.json"


class UnreachableError(OaError):
    """The API does not answer."""

    code = "cli.unreachable"
    title = "The API does not answer."


class RejectedError(OaError):
    """The API answered that it will not; the words are its own."""

    code = "cli.refused"
    title = "The API refused the request."

    def __init__(self, detail: str, fields: Any = None) -> None:
        super().__init__(detail)
        self.fields = fields or {}


@dataclass(frozen=True, slots=True)
class Target:
    """Which API, and what to say who asks: an API token, or else the shared secret."""

    url: str
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """Return what goes with every request."""
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        return {"secret": self.secret} if self.secret else {}


def find_target(environ: Mapping[str, str], folder: Path) -> Target:
    """Return the API of OA_API_URL, else that of the stack of `make up` in this folder or one above it.

    OA_TOKEN comes before any secret. Raises UnreachableError when there is neither API.
    """
    token = environ.get("OA_TOKEN", "")
    if environ.get("OA_API_URL"):
        return Target(environ["OA_API_URL"].rstrip("/"), environ.get("OA_SHARED_SECRET", ""), token)
    for place in (folder, *folder.parents):
        path = place / _HERE
        if path.is_file():
            known = json.loads(path.read_text(encoding="utf-8"))
            return Target(known["OA_API_URL"].rstrip("/"), known.get("OA_SHARED_SECRET", ""), token)
    raise UnreachableError("set OA_API_URL (and OA_TOKEN), or start a stack here with `make up`")


class Api:
    """Calls of one session. Every method raises UnreachableError or RefusedError."""

    def __init__(self, session: aiohttp.ClientSession, target: Target) -> None:
        self._session = session
        self.url = target.url

    async def get(self, path: str, **query: Any) -> Any:
        """Return the JSON answer; query values that are None are left out."""
        given = {key: _word(value) for key, value in query.items() if value is not None}
        return json.loads(await self._call("GET", path, params=given))

    async def text(self, path: str, **query: Any) -> str:
        """Return the answer as text; query values that are None are left out."""
        given = {key: _word(value) for key, value in query.items() if value is not None}
        return await self._call("GET", path, params=given)

    async def download(self, path: str, to: Path, *, sha256: str | None) -> None:
        """Write a file, whole or not at all; one that is not what its SHA-256 says is refused."""
        part, digest = to.with_name(to.name + ".part"), hashlib.sha256()
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_TIMEOUT_S, sock_read=_TIMEOUT_S)
        try:
            async with self._session.get(URL(self.url + path, encoded=True), timeout=timeout) as response:
                if response.status >= _BAD:
                    raise _refused(response.status, await response.text())
                with part.open("wb") as file:
                    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                        file.write(chunk)
                        digest.update(chunk)
            if sha256 is not None and digest.hexdigest() != sha256:
                raise RejectedError(f"{to.name} came with other bytes than its SHA-256 says: try again")
            part.replace(to)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise UnreachableError(_words_for(self.url, error)) from error
        except OSError as error:
            raise RejectedError(f"{to} cannot be written: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)

    async def post(self, path: str, body: Any = None) -> Any:
        """Return the JSON answer; where the API knows the key again, a lost answer is asked for once more."""
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        return json.loads(await self._call("POST", path, json=body if body is not None else {}, headers=headers))

    async def patch(self, path: str, body: Any) -> Any:
        """Return the JSON answer."""
        return json.loads(await self._call("PATCH", path, json=body))

    async def put_file(self, path: str, source: Path) -> Any:
        """Send a file as the body, however long that takes, and return the JSON answer."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_TIMEOUT_S)
        file = await asyncio.to_thread(source.open, "rb")
        try:
            return json.loads(await self._call("PUT", path, data=file, timeout=timeout))
        finally:
            await asyncio.to_thread(file.close)

    async def delete(self, path: str, body: Any = None) -> Any:
        """Return the JSON answer."""
        return json.loads(await self._call("DELETE", path, **({"json": body} if body is not None else {})))

    async def lines(self, path: str, headers: Mapping[str, str], **query: Any) -> AsyncIterator[str]:
        """Give the lines of an answer as they come, for as long as they do."""
        given = {key: _word(value) for key, value in query.items() if value is not None}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_TIMEOUT_S, sock_read=_TIMEOUT_S)
        try:
            async with self._session.get(self.url + path, params=given, headers=headers, timeout=timeout) as response:
                if response.status >= _BAD:
                    raise _refused(response.status, await response.text())
                async for line in response.content:
                    yield line.decode("utf-8").rstrip("\r\n")
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise UnreachableError(_words_for(self.url, error)) from error

    async def save(self, path: str, target: Path) -> int:
        """Write what an address answers, wherever that leads, into a file, and return its bytes.

        The file appears when it is whole.
        """
        part, size_bytes = target.with_name(f"{target.name}.part"), 0
        timeout = aiohttp.ClientTimeout(total=None, sock_read=_TIMEOUT_S)
        try:
            async with self._session.get(self.url + path, timeout=timeout) as response:
                if response.status >= _BAD:
                    raise _refused(response.status, await response.text())
                with await asyncio.to_thread(part.open, "wb") as file:
                    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                        size_bytes += await asyncio.to_thread(file.write, chunk)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise UnreachableError(_words_for(self.url, error)) from error
        await asyncio.to_thread(part.replace, target)
        return size_bytes

    async def _call(self, method: str, path: str, **given: Any) -> str:
        for attempt in range(1, _TRIES + 1):
            try:
                async with self._session.request(method, self.url + path, **given) as response:
                    text = await response.text()
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                if attempt == _TRIES or not _is_repeatable(method, path):
                    raise UnreachableError(_words_for(self.url, error)) from error
                await asyncio.sleep(_PAUSE_S * attempt)
                continue
            if response.status >= _BAD:
                raise _refused(response.status, text)
            return text
        raise UnreachableError(self.url)


@asynccontextmanager
async def open_api() -> AsyncIterator[Api]:
    """Open a session with the API that the environment or the folder names."""
    target = find_target(os.environ, await asyncio.to_thread(Path.cwd))
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(headers=target.headers, timeout=timeout) as session:
        yield Api(session, target)


def _is_repeatable(method: str, path: str) -> bool:
    return method == "GET" or path in _KNOWING_KEYS or path.endswith(("/jobs", "/build"))


def _words_for(url: str, error: Exception) -> str:
    hint = "is it up? OA_API_URL says where it is, `make up` starts one here"
    return f"{url} does not answer ({type(error).__name__}): {hint}"


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refused(status: int, text: str) -> RejectedError:
    try:
        problem = json.loads(text)
        detail, fields = str(problem["detail"]), problem.get("errors")
    except (ValueError, KeyError, TypeError):
        return RejectedError(f"the API answered {status}, and not in its own words: is OA_API_URL right?")
    if status == _UNAUTHORIZED:
        detail = f"{detail}: set OA_TOKEN, or OA_SHARED_SECRET to the secret of the services"
    return RejectedError(detail, fields)
