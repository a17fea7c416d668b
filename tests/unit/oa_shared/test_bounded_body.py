import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from oa_shared.bounded_body import BodyTooLargeError, read_body


async def serve(body: bytes) -> TestServer:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.router.add_get("/", handler)
    server = TestServer(app)
    await server.start_server()
    return server


@pytest.mark.parametrize("size", [0, 99, 100])
async def test_read_body_within_the_limit_is_complete(size: int) -> None:
    server = await serve(b"x" * size)
    async with server, ClientSession() as session, session.get(server.make_url("/")) as response:
        assert await read_body(response, max_bytes=100) == b"x" * size


async def test_read_body_above_the_limit_fails_with_url_and_limit() -> None:
    server = await serve(b"x" * 101)
    async with server, ClientSession() as session, session.get(server.make_url("/")) as response:
        with pytest.raises(BodyTooLargeError, match=r"http://127\.0\.0\.1.* 100 "):
            await read_body(response, max_bytes=100)
