"""Reading the body of an HTTP response with a limit of its size."""

import aiohttp

_CHUNK_BYTES = 1 << 16


class BodyTooLargeError(Exception):
    """The body of a response has more bytes than the caller accepts."""

    def __init__(self, url: object, max_bytes: int) -> None:
        super().__init__(f"{url} is larger than {max_bytes:,} bytes")


async def read_body(response: aiohttp.ClientResponse, *, max_bytes: int) -> bytes:
    """Return the decompressed body; at most one chunk beyond `max_bytes` is read.

    Raises BodyTooLargeError, aiohttp.ClientError, TimeoutError.
    """
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > max_bytes:
            raise BodyTooLargeError(response.url, max_bytes)
    return bytes(body)
