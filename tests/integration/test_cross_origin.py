"""Scripts of other sites read what everybody may read, and never what the cookie of a visitor may read."""

import io
import re
from collections.abc import Mapping

import aiohttp
import pytest

from oa_api.db.database import Database
from oa_api.db.errors import StoreUnavailableError
from oa_api.http.cross_origin import EXPOSED_HEADERS, REQUEST_HEADERS, is_open_path
from oa_api.http.errors import BusyError
from oa_api.http.routing import PAGE, Route
from oa_api.http.server import MAX_HEADER_BYTES, MAX_URL_BYTES
from oa_api.routes import ROUTES
from support.accounts import account, session, token
from support.publishing import publish
from support.running_api import INTERNAL, RunningApi, running_api

SITE = {"Origin": "https://maps.example.org"}
# Each GET route that no script of another site may read; every other one has to be open.
CLOSED = {"/", "/live", "/ready", "/metrics", "/docs"} | {route.path for route in ROUTES if route.tag == PAGE}
# An old address that only redirects; the permanent URLs of files are below it.
CLOSED -= {"/upload"}


def path_of(route: Route) -> str:
    return re.sub(r"\{[^}]+\}", "1", route.path.replace("{layer}", "addresses"))


def assert_open(response: aiohttp.ClientResponse) -> None:
    assert response.headers.getall("Access-Control-Allow-Origin") == ["*"], response.url
    exposed = re.split(r",\s*", response.headers["Access-Control-Expose-Headers"])
    assert set(EXPOSED_HEADERS) <= set(exposed)
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert not response.cookies


def assert_closed(response: aiohttp.ClientResponse) -> None:
    assert not [name for name in response.headers if name.startswith("Access-Control-")], response.url
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


async def preflight(api: RunningApi, path: str, method: str = "GET", **headers: str) -> aiohttp.ClientResponse:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization, range"}
    return await api.client.options(path, headers={**SITE, **asked, **headers})


def test_exposed_headers_are_those_that_clients_need() -> None:
    limits = {"RateLimit", "RateLimit-Policy", "Retry-After"}
    assert {"Link", "ETag", "Content-Range", "Content-Length", "X-Request-Id"} | limits <= set(EXPOSED_HEADERS)
    required = {"Authorization", "Content-Type", "If-None-Match", "Range", "Idempotency-Key"}
    assert set(REQUEST_HEADERS) == required


@pytest.mark.parametrize(
    "path", ["/apix", "/uploads", "/uploads/1/delete", "/data", "/data/1", "/data/feed.atomx", "/"]
)
def test_path_that_starts_like_an_open_one_is_closed(path: str) -> None:
    assert not is_open_path(path)


def test_each_read_is_listed_as_open_or_closed() -> None:
    reads = {route.path for route in ROUTES if route.method == "GET"}
    is_feed = {"/data/feed.atom"}
    assert {path for path in reads if is_open_path(path)} == reads - (CLOSED - is_feed)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_route_is_open_for_reads_only(api: RunningApi, route: Route) -> None:
    """Whatever the status: also 401, 404 and the redirects of pages."""
    path, is_open = path_of(route), route.method == "GET" and is_open_path(route.path)
    methods = ("GET", "HEAD") if route.method == "GET" else (route.method,)
    for method in methods:
        for headers in (SITE, {**SITE, **INTERNAL}):
            async with api.client.request(method, path, headers=headers, allow_redirects=False) as response:
                if is_open or (is_open_path(path) and response.status >= 400):
                    assert_open(response)
                else:
                    assert_closed(response)
        permission = await preflight(api, path, method)
        if is_open:
            assert permission.status == 204
            assert_open(permission)
            assert set(permission.headers["Access-Control-Allow-Methods"].split(", ")) == {"GET", "HEAD"}
            assert set(permission.headers["Access-Control-Allow-Headers"].split(", ")) == set(REQUEST_HEADERS)
        else:
            assert permission.status == 405
            assert_closed(permission)


async def test_data_is_open_with_every_status(api: RunningApi) -> None:
    await publish(api)
    latest = "/latest/us/ca/berkeley/addresses/city/source.geojson.gz"
    plans: list[tuple[str, str, Mapping[str, str], int]] = [
        ("GET", "/api/data", {}, 200),
        ("GET", "/data/feed.atom", {}, 200),
        ("GET", latest, {}, 302),
        ("GET", "/api/nothing", {}, 404),
        ("GET", "/latest/nothing", {}, 404),
        ("GET", "/api/data?limit=x", {}, 422),
        ("DELETE", "/api/data", {}, 405),
        ("GET", "/api/heartbeat", {}, 405),
        ("GET", "/api/audit", {}, 401),
        ("GET", "/api/data", {"Authorization": "Bearer oa_wrong"}, 200),
        ("GET", "/api/profile", {"Authorization": "Bearer oa_wrong"}, 401),
        ("POST", "/api/run", {**INTERNAL, "Content-Type": "text/csv"}, 415),
    ]
    for method, path, headers, status in plans:
        async with api.client.request(
            method, path, headers={**SITE, **headers}, data=b"x" if method == "POST" else None, allow_redirects=False
        ) as response:
            assert response.status == status, path
            assert_open(response)
    tagged = await api.client.get("/api/data", headers=SITE)
    known = await api.client.get("/api/data", headers={**SITE, "If-None-Match": tagged.headers["ETag"]})
    assert known.status == 304
    assert_open(known)


async def test_body_that_is_too_large_is_an_open_refusal(api: RunningApi) -> None:
    body = io.BytesIO(b" " * 20_000_000)
    response = await api.client.post(
        "/api/run", data=body, headers={**SITE, **INTERNAL, "Content-Type": "application/json"}
    )
    assert response.status == 413
    assert_open(response)


async def test_client_beyond_its_limit_gets_an_open_refusal(database_url: str) -> None:
    async with running_api(database_url, anonymous_per_minute=2, unlimited_networks=("203.0.113.0/24",)) as api:
        statuses = []
        for _ in range(4):
            response = await api.client.get("/api", headers=SITE)
            statuses.append(response.status)
            assert_open(response)
            assert (await preflight(api, "/api")).status == 204
        assert statuses[-1] == 429
        assert response.headers["Retry-After"]


@pytest.mark.parametrize(
    ("error", "status"), [(RuntimeError("a bug"), 500), (StoreUnavailableError("down"), 503), (BusyError("full"), 503)]
)
async def test_errors_of_the_server_are_open(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Database, "first", fail)
    response = await api.client.get("/api/data/1", headers=SITE)
    assert response.status == status
    assert_open(response)


async def test_preflight_does_not_read_credentials(api: RunningApi) -> None:
    response = await preflight(api, "/api/data", Authorization="Bearer oa_wrong")
    assert response.status == 204
    assert "RateLimit" not in response.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "get"])
async def test_preflight_for_another_method_is_refused(api: RunningApi, method: str) -> None:
    response = await preflight(api, "/api/run", method)
    assert response.status == 405
    assert "Access-Control-Allow-Origin" not in response.headers


async def test_options_of_no_preflight_is_not_allowed(api: RunningApi) -> None:
    assert (await api.client.options("/api/run", headers=SITE)).status == 405


async def test_session_counts_for_no_other_origin(api: RunningApi) -> None:
    await account(api, "ada", "admin")
    cookie = {"Cookie": f"oa_session={await session(api, 'ada')}"}
    assert (await api.client.get("/api/audit", headers=cookie)).status == 200
    own = str(api.client.make_url("/").origin())
    assert (await api.client.get("/api/audit", headers={**cookie, "Origin": own})).status == 200
    for origin in ("https://maps.example.org", "null", own.replace("http:", "https:"), f"{own}1"):
        response = await api.client.get("/api/audit", headers={**cookie, "Origin": origin})
        assert response.status == 401, origin
        assert_open(response)
        page = await api.client.get("/accounts", headers={**cookie, "Origin": origin}, allow_redirects=False)
        assert page.status in {303, 401}
        assert_closed(page)
        refused = await api.client.post("/api/run", json={}, headers={**cookie, "Origin": origin})
        assert refused.status == 403


async def test_response_to_a_cookie_cannot_be_embedded_by_another_site(api: RunningApi) -> None:
    await account(api, "ada", "admin")
    cookie = {"Cookie": f"oa_session={await session(api, 'ada')}"}
    response = await api.client.get("/api/audit", headers=cookie)
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


async def test_token_reads_from_another_origin(api: RunningApi) -> None:
    await account(api, "ada", "admin")
    response = await api.client.get("/api/audit", headers={**SITE, **await token(api, "ada", "admin")})
    assert response.status == 200
    assert_open(response)


@pytest.mark.parametrize(("excess", "status"), [(0, 404), (1, 414), (20_000, 414)])
async def test_url_that_is_too_long_is_refused(api: RunningApi, excess: int, status: int) -> None:
    path = "/api/"
    response = await api.client.get(path + "x" * (MAX_URL_BYTES - len(path) + excess), headers=SITE)
    assert response.status == status
    assert_open(response)


@pytest.mark.parametrize(("excess", "status"), [(0, 200), (100, 431), (20_000, 431)])
async def test_header_that_is_too_long_is_refused(api: RunningApi, excess: int, status: int) -> None:
    value = "x" * (MAX_HEADER_BYTES - len("X-Long") + excess)
    response = await api.client.get("/api", headers={"X-Long": value, **SITE})
    assert response.status == status
    assert_open(response)


async def test_too_many_headers_are_refused(api: RunningApi) -> None:
    response = await api.client.get("/api", headers={f"X-{number}": "1" for number in range(200)})
    assert response.status == 431
    assert response.content_type == "application/problem+json"
    assert (await response.json())["code"] == "request_header_fields_too_large"
