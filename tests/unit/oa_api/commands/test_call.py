"""One request to the API, as a schedule sends it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from structlog.testing import capture_logs

from oa_api.commands.call import CallSettings, CallUsageError, call


@dataclass
class Site:
    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    seen: list[tuple[str, str, str, Any]] = field(default_factory=list)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()

    async def answer(request: web.Request) -> web.Response:
        headers = request.headers
        site.seen.append((request.method, headers["secret"], headers.get("idempotency-key", ""), await request.text()))
        return web.Response(status=site.statuses.pop(0), headers={"location": "/api/again"})

    app = web.Application()
    app.router.add_route("*", "/api/{rest:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        site.url = str(server.make_url("/"))
        yield site


def settings(url: str) -> CallSettings:
    return CallSettings(api_url=url, shared_secret="s", schedule="sources", idempotency_key="sources-1")


async def test_call_body_and_secret_are_sent_once(site: Site) -> None:
    with capture_logs() as lines:
        assert await call(settings(site.url), ["post", "/api/run", '{"live": true}'])
    assert site.seen == [("POST", "s", "sources-1", '{"live": true}')]
    assert lines[-1] | {"event": "call_answered", "schedule": "sources", "status": 200} == lines[-1]


@pytest.mark.parametrize("status", [301, 401, 404, 500])
async def test_call_refused_is_final_and_logged(site: Site, status: int) -> None:
    site.statuses = [status]
    with capture_logs() as lines:
        assert not await call(settings(site.url), ["POST", "/api/run"], delays_s=[0, 0])
    assert len(site.seen) == 1
    assert lines[-1] | {"event": "call_failed", "status": status} == lines[-1]


async def test_call_api_not_ready_is_retried(site: Site) -> None:
    site.statuses = [503, 503, 200]
    assert await call(settings(site.url), ["POST", "/api/run"], delays_s=[0, 0])
    assert len(site.seen) == 3


async def test_call_without_server_fails_after_its_retries() -> None:
    assert not await call(settings(f"http://127.0.0.1:{unused_port()}"), ["GET", "/api"], delays_s=[0])


@pytest.mark.parametrize("arguments", [[], ["GET"], ["GET", "api"], ["GET", "/api", "{}", "more"], ["G E T", "/api"]])
async def test_call_wrong_arguments_raise_the_usage(arguments: list[str]) -> None:
    with pytest.raises(CallUsageError):
        await call(settings("http://127.0.0.1:1"), arguments)
