"""Reading the body of an HTTP response or request with a limit of its size."""

from collections.abc import Callable

import aiohttp
from aiohttp import web

_CHUNK_BYTES = 1 << 16


class BodyTooLargeError(Exception):
    """A body has more bytes than the caller accepts."""

    def __init__(self, url: object, max_bytes: int) -> None:
        super().__init__(f"{url} is larger than {max_bytes:,} bytes")


async def read_body(
    message: aiohttp.ClientResponse | web.BaseRequest,
    *,
    max_bytes: int,
    on_chunk: Callable[[int], None] | None = None,
) -> bytes:
    """Return the decompressed body; at most one chunk beyond `max_bytes` is read.

    `on_chunk` gets the length of each chunk before the next one is read, and may raise to refuse it.
    Raises BodyTooLargeError, aiohttp.ClientError, TimeoutError.
    """
    body = bytearray()
    async for chunk in message.content.iter_chunked(_CHUNK_BYTES):
        if on_chunk is not None:
            on_chunk(len(chunk))
        body += chunk
        if len(body) > max_bytes:
            raise BodyTooLargeError(message.url, max_bytes)
    return bytes(body)
