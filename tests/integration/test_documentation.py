"""The API reference as a page, and the gallery of page components."""

from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from oa_api.http.app_keys import DOCUMENT
from oa_api.http.routing import PAGE
from oa_api.routes import ROUTES
from oa_shared.roles import Role
from support.documented_responses import UndocumentedResponses
from support.running_api import INTERNAL, RunningApi, running_api
from support.web_browser import web_browser


@pytest.mark.parametrize(("component_gallery", "status"), [(False, 404), (True, 200)])
async def test_gallery_exists_only_where_the_setting_is_on(
    database_url: str, *, component_gallery: bool, status: int
) -> None:
    async with running_api(database_url, component_gallery=component_gallery) as api:
        for path in ("/docs/pages", "/docs/pages/map.json"):
            assert (await api.client.get(path)).status == status


async def test_reference_names_the_role_of_each_endpoint_and_renders_code(api: RunningApi) -> None:
    async with web_browser(api) as browser:
        text = (await browser.open("/docs")).text
    assert "needs role admin" in text
    assert "<code>x-role</code>" in text
    assert "`" not in text


async def test_operations_have_names_of_their_own_for_generated_clients(api: RunningApi) -> None:
    paths = api.client.app[DOCUMENT]["paths"]
    assert isinstance(paths, dict)
    ids = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(ids) == len(set(ids)) == sum(route.tag != PAGE and not route.is_legacy for route in ROUTES)
    assert [name for name in ids if name.startswith(("post", "patch", "put")) or not name.isalpha()] == []


async def test_only_the_endpoint_for_earlier_dispatchers_is_deprecated(api: RunningApi) -> None:
    paths = api.client.app[DOCUMENT]["paths"]
    assert isinstance(paths, dict)
    deprecated = [path for path, methods in paths.items() for each in methods.values() if each.get("deprecated")]
    assert deprecated == ["/api/job/{job}/state"]
    assert "deprecated</span>" in await (await api.client.get("/docs", headers={"Accept": "text/html"})).text()


async def test_public_operations_need_no_credential_and_others_do(api: RunningApi) -> None:
    for route in (route for route in ROUTES if route.tag != PAGE and not route.is_legacy):
        operation = api.client.app[DOCUMENT]["paths"][route.path][route.method.lower()]  # type: ignore[index] # JSON
        assert (operation["security"] == []) == (route.role is Role.ANYONE), route.path


async def test_body_is_required_exactly_where_the_server_refuses_none(api: RunningApi) -> None:
    paths = api.client.app[DOCUMENT]["paths"]
    assert isinstance(paths, dict)
    required = {
        name
        for name, methods in paths.items()
        for each in methods.values()
        if each.get("requestBody", {}).get("required")
    }
    assert "/api/run/{run}/jobs" in required
    run = await api.client.post("/api/run", headers=INTERNAL)
    assert (run.status, "/api/run" in required) == (200, False)
    jobs = await api.client.post("/api/run/1/jobs", headers=INTERNAL)
    assert jobs.status == 422


@pytest.mark.parametrize(
    ("status", "media_type", "is_found"),
    [
        (200, "application/json", False),
        (404, "application/problem+json", False),
        (200, "text/csv", True),
        (409, "application/problem+json", True),
        (404, "application/json", True),
    ],
)
async def test_response_that_the_document_does_not_have_is_found(
    aiohttp_client: Callable[[web.Application], Awaitable[TestClient[web.Request, web.Application]]],
    *,
    status: int,
    media_type: str,
    is_found: bool,
) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=b"{}", content_type=media_type)

    app = web.Application()
    app.router.add_get("/api/job/{job}", handler)
    undocumented = UndocumentedResponses(app)
    client = await aiohttp_client(app)
    assert (await client.get("/api/job/1")).status == status
    assert bool(undocumented.found) == is_found
