"""A stopped application leaves nothing in memory. A worker starts about 700 of them."""

import gc
import weakref

from aiohttp import web

from support.running_api import running_api


async def serve_once(database_url: str) -> "weakref.ref[web.Application]":
    """Serve a request, stop the application and return a reference to it."""
    async with running_api(database_url) as api:
        assert (await api.client.get("/api/run")).status == 200
        assert api.client.app is not None
        return weakref.ref(api.client.app)


async def test_stopped_application_is_released(database_url: str) -> None:
    stopped = [await serve_once(database_url) for _ in range(3)]
    gc.collect()
    assert [reference() for reference in stopped] == [None] * 3
