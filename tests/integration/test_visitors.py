"""What one visitor can take from the others: memory, streams, connections, measurements, storage."""

import asyncio
import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from io import BytesIO
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from oa_api.events import stream
from oa_api.http.app_keys import QueuePair
from oa_api.http.body_budget import BODY_BUDGETS, BodyBudget
from oa_api.http.server import ApiRunner
from oa_api.routes import ROUTES
from oa_shared.queue import QueueDepth
from support.accounts import account, token
from support.fakes.memory_queue import MemoryQueue
from support.running_api import INTERNAL, RunningApi, running_api

SECRET = "w" * 32
BIG_BYTES = 9_900_000
CLIENT_STREAMS = 3
PARAMETERS = ("source", "layer", "name", "file", "queue", "upload", "type")
PATHS_WITH_TEXT = sorted({route.path for route in ROUTES if any(f"{{{name}}}" in route.path for name in PARAMETERS)})


class CountingQueue(MemoryQueue):
    """A queue that counts how often it is measured."""

    def __init__(self) -> None:
        super().__init__()
        self.measurements = 0

    async def depth(self) -> QueueDepth:
        self.measurements += 1
        return await super().depth()


@pytest.fixture
async def queue() -> CountingQueue:
    return CountingQueue()


@pytest.fixture
async def api(database_url: str, queue: CountingQueue) -> AsyncIterator[RunningApi]:
    github = {"github_webhook_secret": SECRET, "github_repository": "o/r"}
    limits = {"event_streams_per_client": CLIENT_STREAMS, "upload_account_bytes": 1000, "monitoring_cache_s": 5}
    proxies = {"trusted_proxies": ("127.0.0.0/8",), "unlimited_networks": ()}
    queues = {"jobs": QueuePair(queue, None)}
    async with running_api(database_url, queues=queues, **github, **limits, **proxies) as running:
        yield running


def signed_headers(body: bytes, address: str = "198.51.100.7") -> dict[str, str]:
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}
    return {**headers, "X-GitHub-Event": "ping", "X-GitHub-Delivery": "d", "X-Forwarded-For": address}


async def withhold(api: RunningApi, headers: dict[str, str], *, length: int = BIG_BYTES) -> asyncio.StreamWriter:
    """Send a request with a large body, except for its last byte, and keep the connection open."""
    site = urlsplit(str(api.client.make_url("/")))
    _, writer = await asyncio.open_connection(site.hostname, site.port)
    lines = [f"{name}: {value}" for name, value in {"Host": "x", "Content-Length": str(length), **headers}.items()]
    writer.write("\r\n".join(["POST /api/github/event HTTP/1.1", *lines, "", ""]).encode())
    writer.write(b"x" * (length - 1))
    return writer


async def _peak_bytes(budget: BodyBudget, *, more_than: int) -> int:
    """Return the most bytes that a budget has lent, as soon as it lends more than this and the same for a second."""
    seen = [0]
    async with asyncio.timeout(60):
        while seen[-1] <= more_than or len(set(seen[-20:])) > 1:
            await asyncio.sleep(0.05)
            seen.append(budget.used_bytes)
    return max(seen)


async def test_bodies_that_do_not_end_take_a_bounded_amount_of_memory(api: RunningApi) -> None:
    """One hundred of 9.9 MB, from a hundred clients: without a budget they take a gigabyte."""
    budget = api.client.app[BODY_BUDGETS].anonymous
    writers = [await withhold(api, signed_headers(b"", address=f"198.51.{n}.1")) for n in range(100)]
    try:
        peak_bytes = await _peak_bytes(budget, more_than=20_000_000)
        assert peak_bytes <= 32 * 1024 * 1024
        refused = await api.client.post(
            "/api/github/event", data=BytesIO(b"x" * BIG_BYTES), headers=signed_headers(b"", "203.0.113.1")
        )
        assert refused.status == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert (await api.client.get("/api")).status == 200
        posted = await api.client.post("/api/run", json={}, headers=INTERNAL)
        assert posted.status == 200
    finally:
        for writer in writers:
            writer.transport.abort()
    for _ in range(600):
        if not budget.used_bytes:
            break
        await asyncio.sleep(0.05)
    assert budget.used_bytes == 0


async def test_one_client_takes_a_share_of_the_memory_for_bodies(api: RunningApi) -> None:
    writer = await withhold(api, signed_headers(b""))
    try:
        await _peak_bytes(api.client.app[BODY_BUDGETS].anonymous, more_than=BIG_BYTES * 9 // 10)
        body = b"x" * 4_000_000
        again = await api.client.post("/api/github/event", data=BytesIO(body), headers=signed_headers(body))
        other = await api.client.post(
            "/api/github/event", data=BytesIO(body), headers=signed_headers(body, "203.0.113.1")
        )
        assert again.status == 503
        assert other.status == 400
    finally:
        writer.transport.abort()


@pytest.mark.parametrize(
    "signature", ["sha256=", "sha256=" + "g" * 64, "sha1=" + "0" * 40, "0" * 64, "sha256=" + "0" * 65]
)
async def test_signature_of_another_form_is_refused_before_the_body_is_read(api: RunningApi, signature: str) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(60)

    headers = {**signed_headers(b""), "X-Hub-Signature-256": signature}
    async with asyncio.timeout(60):
        response = await api.client.post("/api/github/event", data=endless(), headers=headers)
    assert response.status == 401


async def test_forms_are_small(api: RunningApi) -> None:
    form = {"email": "a" * 20_000, "csrf": "x"}
    response = await api.client.post("/sign-in/mail", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert response.status == 413


async def test_metrics_are_measured_once_for_many_requests(api: RunningApi, queue: CountingQueue) -> None:
    responses = await asyncio.gather(*(api.client.get("/metrics") for _ in range(50)))
    assert {response.status for response in responses} == {200}
    assert queue.measurements == 1


async def test_one_client_cannot_take_all_event_streams(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_KEEP_ALIVE_S", 0.1)
    async with AsyncExitStack() as streams:
        for status in [200] * CLIENT_STREAMS + [503]:
            assert (await streams.enter_async_context(_stream(api, "198.51.100.7"))).status == status
        assert (await streams.enter_async_context(_stream(api, "198.51.100.8"))).status == 200
    statuses = []
    for _ in range(600):
        statuses.append(await _status_of_stream(api, "198.51.100.7"))
        if statuses[-1] == 200:
            break
        await asyncio.sleep(0.1)
    assert statuses[-1] == 200


async def test_connection_that_never_completes_a_header_is_closed() -> None:
    """A client that sends one byte at a time would otherwise hold a connection for an hour."""
    runner = ApiRunner(web.Application(), keepalive_timeout=0.5)
    assert ApiRunner(web.Application())._kwargs["keepalive_timeout"] <= 300
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0])
        writer.write(b"GET /api HTTP/1.1\r\nHost: ")
        async with asyncio.timeout(60):
            # A byte that crosses the end of the connection makes it a reset, which is no end of file.
            while not (reader.at_eof() or reader.exception()):
                writer.write(b"G")
                await asyncio.sleep(0.05)
        writer.transport.abort()
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("path", PATHS_WITH_TEXT)
async def test_path_with_a_character_that_no_name_has_is_not_found(api: RunningApi, path: str) -> None:
    for character in ("%00", "a%00b", "%ED%A0%80", "%FF"):
        url = re.sub(r"\{[^}]+\}", character, path)
        for method in ("GET", "POST", "DELETE"):
            address = URL(f"{str(api.client.make_url('/'))[:-1]}{url}", encoded=True)
            response = await api.client.session.request(method, address, headers=INTERNAL)
            assert response.status < 500, f"{method} {url}: {response.status}"


async def test_uploads_of_an_account_have_a_limit_in_all(api: RunningApi) -> None:
    await account(api, "ada", "author")
    headers = await token(api, "ada", "author")
    statuses = [
        (await api.client.post("/api/upload", json={"name": "a.csv", "size_bytes": 400}, headers=headers)).status
        for _ in range(3)
    ]
    assert statuses == [200, 200, 409]


def _stream(api: RunningApi, address: str) -> "aiohttp.client._RequestContextManager":
    return api.client.get("/api/events", headers={"Accept": "text/event-stream", "X-Forwarded-For": address})


async def _status_of_stream(api: RunningApi, address: str) -> int:
    async with _stream(api, address) as response:
        return response.status
