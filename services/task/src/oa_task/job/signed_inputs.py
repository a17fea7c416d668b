"""The inputs of a product, read from URLs that the API signs for what the plan names."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from http import HTTPStatus

import aiohttp
from yarl import URL

from oa_shared.storage import StorageUnavailableError
from oa_task.job.attempt_access import AccessUnavailableError, AttemptAccess, AttemptOverError, wait_for_answer

# As many as the API signs in one request.
_AT_ONCE = 100
_CHUNK_BYTES = 1 << 20
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=60)


class SignedInputs:
    """The storage of the inputs of one plan; `deadline` is the monotonic time until which it waits for the API."""

    def __init__(self, access: AttemptAccess, *, deadline: float) -> None:
        self._access = access
        self._deadline = deadline
        self._keys: list[str] = []
        self._urls: dict[str, str] = {}

    def announce(self, keys: Sequence[str]) -> None:
        """Take note of the objects that will be read: their URLs are requested many at once."""
        self._keys = list(dict.fromkeys(keys))

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """Read an object in chunks. Raises StorageUnavailableError."""
        # Removed here: a URL that has expired is signed again by the next try.
        url = self._urls.pop(key, None) or await self._sign(key)
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as session,
                session.get(URL(url, encoded=True)) as response,
            ):
                if response.status != HTTPStatus.OK:
                    raise StorageUnavailableError(f"GetObject: {response.status}")
                async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                    yield chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            raise StorageUnavailableError(f"GetObject: {type(error).__name__}") from error

    async def _sign(self, key: str) -> str:
        """Return the URL of an object, and keep those of the objects that follow it."""
        start = self._keys.index(key) if key in self._keys else None
        keys = [key] if start is None else self._keys[start : start + _AT_ONCE]
        try:
            self._urls = await wait_for_answer(partial(self._access.sign_inputs, keys), give_up_at=self._deadline)
        except (AttemptOverError, AccessUnavailableError) as error:
            raise StorageUnavailableError(error.detail) from error
        return self._urls.pop(key)
