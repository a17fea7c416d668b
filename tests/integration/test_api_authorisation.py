"""Who may call what: every endpoint with every kind of secret."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from oa_api.routes import ROUTES
from oa_local.postgres import Postgres
from running_api import PREVIOUS_SECRET, SECRET, RunningApi, running_api

pytestmark = pytest.mark.asyncio(loop_scope="module")
OPEN_TO_ALL = {
    "GET /",
    "GET /api",
    "GET /api/run",
    "GET /api/run/{run}",
    "GET /api/run/{run}/jobs",
    "GET /api/run/{run}/jobs/count",
    "GET /api/run/{run}/count",
    "GET /api/job",
    "GET /api/job/{job}",
    "GET /api/job/{job}/raw",
    "GET /api/job/{job}/log",
    "GET /api/job/{job}/output/{file}",
    "GET /api/data",
    "GET /api/queue",
    "GET /metrics",
    "GET /api/openapi.json",
    "GET /docs",
}
SECRETS: dict[str, tuple[dict[str, str], bool]] = {
    "none": ({}, False),
    "empty": ({"secret": ""}, False),
    "wrong": ({"secret": "x" * 32}, False),
    "prefix": ({"secret": SECRET[:-1]}, False),
    "not ASCII": ({"secret": "é"}, False),
    "wrong before right": ({"secret": "x", "shared-secret": SECRET}, False),
    "now": ({"secret": SECRET}, True),
    "now, other header": ({"shared-secret": SECRET}, True),
    "previous": ({"secret": PREVIOUS_SECRET}, True),
    "previous, other header": ({"Shared-Secret": PREVIOUS_SECRET}, True),
}


@pytest.fixture(scope="module")
def shared_database_url(postgres: Postgres, migrated_template: str) -> Iterator[str]:
    yield postgres.create("authorisation", template=migrated_template)
    postgres.drop("authorisation")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def api(shared_database_url: str) -> AsyncIterator[RunningApi]:
    async with running_api(shared_database_url) as running:
        yield running


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_endpoint_with_each_secret_is_as_the_table_says(api: RunningApi, route: object, kind: str) -> None:
    method, path = route.method, route.path  # type: ignore[attr-defined] # parametrized with routes
    headers, is_valid = SECRETS[kind]
    filled = path.format(run=999, job=999, file="a", queue="jobs") if "{" in path else path
    response = await api.client.request(method, filled, headers=headers)
    is_admitted = is_valid or f"{method} {path}" in OPEN_TO_ALL
    assert (response.status != 401) == is_admitted
    if not is_admitted:
        assert (await response.json())["detail"] == "send the shared secret in the header `secret`"


async def test_token_of_an_attempt_is_shown_only_with_the_secret(api: RunningApi) -> None:
    job = await api.job()
    listed = (await api.get("/api/job", secret=SECRET))["jobs"][0]
    assert len(job["token"]) == 32
    assert listed["token"] == job["token"]
    for path in (f"/api/job/{job['id']}", "/api/job", f"/api/run/{job['run']}/jobs"):
        response = await api.client.get(path)
        assert job["token"] not in await response.text()
