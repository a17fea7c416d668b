"""Rate limits of a client, over real HTTP."""

from collections.abc import AsyncIterator

import pytest

from support.running_api import INTERNAL, RunningApi, running_api

MOST = 5
PROXIED = {"X-Forwarded-For": "198.51.100.7"}


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[RunningApi]:
    settings = {"anonymous_per_minute": MOST, "unlimited_networks": ("203.0.113.0/24",)}
    async with running_api(database_url, trusted_proxies=("127.0.0.0/8",), **settings) as running:
        yield running


async def statuses(api: RunningApi, path: str = "/api", *, times: int = MOST + 1, **headers: str) -> list[int]:
    return [(await api.client.get(path, headers={**PROXIED, **headers})).status for _ in range(times)]


async def test_client_within_its_limit_gets_the_remaining_requests(api: RunningApi) -> None:
    response = await api.client.get("/api", headers=PROXIED)
    assert response.headers["RateLimit-Policy"] == f'"anonymous";q={MOST};w=60'
    assert response.headers["RateLimit"] == f'"anonymous";r={MOST - 1};t=12'


async def test_client_beyond_its_limit_gets_the_time_to_wait(api: RunningApi) -> None:
    assert await statuses(api) == [200] * MOST + [429]
    response = await api.client.get("/api/data", headers=PROXIED)
    problem = await response.json()
    assert response.content_type == "application/problem+json"
    assert problem["code"] == "too_many_requests"
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert response.headers["RateLimit"].startswith('"anonymous";r=0;t=')


async def test_client_beyond_its_limit_does_not_affect_others(api: RunningApi) -> None:
    await statuses(api)
    assert await statuses(api, times=1, **{"X-Forwarded-For": "198.51.100.8"}) == [200]


async def test_client_with_forged_forwarding_headers_is_still_identified(api: RunningApi) -> None:
    found = [(await statuses(api, times=1, **{"X-Forwarded-For": f"192.0.2.{n}, 198.51.100.7"}))[0] for n in range(6)]
    assert found == [200] * MOST + [429]


async def test_wrong_secrets_and_tokens_are_counted(api: RunningApi) -> None:
    assert await statuses(api, secret="x" * 32) == [401] * MOST + [429]
    assert await statuses(api, times=1, Authorization="Bearer oa_x") == [429]


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/api", INTERNAL), ("/api", {"X-Forwarded-For": "203.0.113.9"}), ("/", {"X-Forwarded-For": "203.0.113.9"})],
)
async def test_services_and_internal_networks_have_no_limit(
    api: RunningApi, path: str, headers: dict[str, str]
) -> None:
    assert 429 not in await statuses(api, path, **headers)
    response = await api.client.get(path, headers={**PROXIED, **headers})
    assert "RateLimit" not in response.headers


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/metrics", 200), ("/", 503)])
async def test_requests_without_a_reader_are_counted(api: RunningApi, path: str, status: int) -> None:
    """Health and metrics too: each response costs several queries and calls to the queues."""
    assert await statuses(api, path) == [status] * MOST + [429]
