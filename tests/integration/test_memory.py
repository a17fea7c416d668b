"""What a stopped application leaves behind: nothing. A worker starts some 700 of them."""

import gc
import weakref

from aiohttp import web

from support.running_api import running_api


async def serve_once(database_url: str) -> "weakref.ref[web.Application]":
    """Serve a request and return a reference to the application, which is stopped by then."""
    async with running_api(database_url) as api:
        assert (await api.client.get("/api/run")).status == 200
        assert api.client.app is not None
        return weakref.ref(api.client.app)


async def test_stopped_application_is_forgotten(database_url: str) -> None:
    stopped = [await serve_once(database_url) for _ in range(3)]
    gc.collect()
    assert [reference() for reference in stopped] == [None] * 3
