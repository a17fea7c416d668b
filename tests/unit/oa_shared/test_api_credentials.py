"""Credentials go to the API only: every client follows a redirect without them, or not at all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_api.commands.call import CallSettings, call
from oa_cli.api_errors import RejectedError, UnreachableError
from oa_cli.client import Api, open_api
from oa_cli.target import Target
from oa_dispatcher.api_client import ApiClient, ApiUnavailableError
from oa_shared.api_credentials import ApiCredentials

SECRET = "s3cret" * 6
CREDENTIALS = ("secret", "shared-secret", "Authorization", "Cookie")


@dataclass
class Servers:
    """An API that redirects every request to another host, and the requests that each received."""

    api: TestServer
    other: TestServer
    at_api: list[web.Request] = field(default_factory=list)
    at_other: list[web.Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        return str(self.api.make_url("")).rstrip("/")


@pytest.fixture
async def servers() -> AsyncIterator[Servers]:
    async def record(request: web.Request) -> web.Response:
        opened.at_other.append(request)
        return web.json_response({})

    async def redirect(request: web.Request) -> web.Response:
        opened.at_api.append(request)
        raise web.HTTPTemporaryRedirect(str(opened.other.make_url(request.path)))

    apps = web.Application(), web.Application()
    for app, handler in zip(apps, (redirect, record), strict=True):
        app.router.add_route("*", "/{path:.*}", handler)
    opened = Servers(TestServer(apps[0], host="127.0.0.1"), TestServer(apps[1], host="127.0.0.1"))
    await opened.api.start_server()
    await opened.other.start_server()
    yield opened
    await opened.api.close()
    await opened.other.close()


async def with_cli(servers: Servers, work: Callable[[Api], Awaitable[object]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OA_API_URL", servers.url)
    monkeypatch.setenv("OA_SHARED_SECRET", SECRET)
    monkeypatch.delenv("OA_TOKEN", raising=False)
    async with open_api() as api:
        with suppress(RejectedError, UnreachableError):
            await work(api)


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete", "put_file", "lines", "download"])
async def test_command_line_sends_no_credentials_to_another_host(
    servers: Servers, method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"x")

    async def work(api: Api) -> None:
        match method:
            case "lines":
                _ = [line async for line in api.lines("/api/events", {})]
            case "download":
                await api.download("/file", tmp_path / "target")
            case "put_file":
                await api.put_file("/file", dict, tmp_path / "file")
            case "patch":
                await api.patch("/x", dict, {})
            case _:
                await getattr(api, method)("/x", dict)

    await with_cli(servers, work, monkeypatch)
    assert_only_the_api_received_credentials(servers)


async def test_dispatcher_sends_no_credentials_to_another_host(servers: Servers) -> None:
    async with ApiClient(servers.url, SECRET) as client:
        with pytest.raises(ApiUnavailableError, match="redirects"):
            await client.attempt_states([1])
    assert_only_the_api_received_credentials(servers)


async def test_call_sends_no_credentials_to_another_host(servers: Servers) -> None:
    assert not await call(CallSettings(servers.url, SECRET), ["POST", "/api/schedule"])
    assert_only_the_api_received_credentials(servers)


async def test_credentials_are_for_an_origin_with_its_scheme_and_port(servers: Servers) -> None:
    credentials = ApiCredentials(f"{servers.url}/base", {"secret": SECRET})
    async with aiohttp.ClientSession(middlewares=[credentials]) as session:
        await asyncio.gather(session.get(f"{servers.url}/a"), session.get(servers.other.make_url("/b")))
    assert_only_the_api_received_credentials(servers)


def assert_only_the_api_received_credentials(servers: Servers) -> None:
    assert [request.headers["secret"] for request in servers.at_api] == [SECRET] * len(servers.at_api)
    assert servers.at_api
    assert [name for request in servers.at_other for name in CREDENTIALS if name in request.headers] == []


def test_target_shows_no_secret() -> None:
    assert SECRET not in repr(Target("http://x", SECRET, SECRET))
