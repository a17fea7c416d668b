"""The API over real HTTP with a real Postgres: what it takes, what it refuses, and what it leaves behind."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from openapi_spec_validator import validate

from oa_api.app import make_app
from oa_api.definition_fetch import DefinitionFetcher
from oa_api.routes import ROUTES
from oa_api.services import QueuePair
from oa_api.settings import Settings
from oa_api.store.database import Database
from oa_local.provision import Queues
from oa_shared.aws import open_aws

SECRET = "s" * 32
INTERNAL = {"secret": SECRET}
Client = TestClient[web.Request, web.Application]


def definition(*names: str, **extra: Any) -> dict[str, Any]:
    conform = {"format": "csv", "number": "NO", "street": "ST", "lat": "Y", "lon": "X"}
    entries = [{"name": n, "data": "http://x/a.csv", "protocol": "http", "conform": conform} for n in names]
    return {"schema": 2, "coverage": {}, "layers": {"addresses": entries}, **extra}


@dataclass
class Api:
    client: Client
    database: Database

    async def run(self, **body: Any) -> int:
        response = await self.client.post("/api/run", json=body, headers=INTERNAL)
        return int((await response.json())["id"])

    async def post_jobs(self, run: int, *elements: Any, **headers: str) -> tuple[int, Any]:
        response = await self.client.post(
            f"/api/run/{run}/jobs", json={"jobs": list(elements)}, headers={**INTERNAL, **headers}
        )
        return response.status, await response.json()

    async def count(self, table: str) -> int:
        row = await self.database.first(f"SELECT count(*) AS rows FROM {table}")  # noqa: S608 - our own table names
        return int(row["rows"]) if row else 0


@pytest.fixture
async def api(
    database_url: str, queues: Queues, bucket: str, aws: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Api]:
    for name, value in aws.items():
        monkeypatch.setenv(name, value)
    settings = Settings(
        database_url=database_url,
        shared_secret=SECRET,
        shared_secret_previous="p" * 32,
        bucket=bucket,
        jobs_queue_url=queues.jobs_url,
        results_queue_url=queues.results_url,
        output_mode="stream",
    )
    database = await Database.open(database_url)
    async with open_aws() as opened, DefinitionFetcher(("127.0.0.1",)) as fetcher:
        app = make_app(
            settings,
            database=database,
            storage=opened.storage(bucket),
            queues={
                "jobs": QueuePair(opened.queue(queues.jobs_url), opened.queue(queues.jobs_dlq_url)),
                "results": QueuePair(opened.queue(queues.results_url), opened.queue(queues.results_dlq_url)),
            },
            fetcher=fetcher,
        )
        async with TestClient(TestServer(app)) as client:
            yield Api(client, database)
    await database.close()


async def test_post_jobs_definition_makes_a_job_an_attempt_and_a_message(api: Api) -> None:
    run = await api.run(live=True)
    status, answer = await api.post_jobs(run, {"source": definition("a", "b"), "source_name": "xx/here"})
    assert status == 200
    assert answer["errors"] == []
    assert len(answer["jobs"]) == 2
    assert [await api.count(table) for table in ("job", "job_attempt", "outbox", "source")] == [2, 2, 2, 1]
    job = await (await api.client.get(f"/api/job/{answer['jobs'][0]}")).json()
    assert (job["status"], job["layer"], job["name"], job["source_name"]) == ("Pending", "addresses", "a", "xx/here")
    assert "token" not in job
    raw = await (await api.client.get(f"/api/job/{answer['jobs'][0]}/raw")).json()
    assert raw == definition("a", "b")


async def test_post_jobs_layer_and_name_choose_one_entry(api: Api) -> None:
    run = await api.run()
    _, answer = await api.post_jobs(run, {"source": definition("a", "b"), "layer": "addresses", "name": "b"})
    assert len(answer["jobs"]) == 1


@pytest.mark.parametrize(
    ("element", "code", "says"),
    [
        ({"source": {"schema": 1}}, "source.schema", "schema 1 is not supported"),
        ({"source": definition("a"), "layer": "roads"}, "source.not_found", "unknown layer 'roads'"),
        ({"source": definition("a"), "name": "z"}, "source.not_found", "no entry */z"),
        ({"source": []}, "source.schema", "a source definition is a JSON object"),
        ({"sauce": 1}, "element", "Unknown field"),
        ("http://localhost/a.json", "source.address_refused", "localhost may not give us definitions"),
        ("http://169.254.169.254/a.json", "source.address_refused", "may not give us definitions"),
        ("http://[::1]/a.json", "source.address_refused", "may not give us definitions"),
        ("file:///etc/passwd", "source.address_refused", "not an http or https address"),
        ("http://127.0.0.1:1/a.json", "source.not_found", "cannot be fetched"),
    ],
)
async def test_post_jobs_bad_element_is_named_and_leaves_nothing(api: Api, element: Any, code: str, says: str) -> None:
    run = await api.run()
    status, answer = await api.post_jobs(run, element)
    assert status == 422
    (refusal,) = answer["errors"]["jobs"]
    assert refusal["code"] == code
    assert says in refusal["message"]
    assert [await api.count(table) for table in ("job", "outbox", "source")] == [0, 0, 0]


async def test_post_jobs_repeated_name_first_gets_its_job_second_is_refused(api: Api) -> None:
    run = await api.run()
    status, answer = await api.post_jobs(run, {"source": definition("a", "a")})
    assert status == 200
    assert len(answer["jobs"]) == 1
    assert [error["pointer"] for error in answer["errors"]] == ["/layers/addresses/1/name"]


async def test_post_jobs_url_is_fetched_and_named_by_its_path(api: Api) -> None:
    async def source(_request: web.Request) -> web.Response:
        return web.json_response(definition("a"))

    site = web.Application()
    site.router.add_get("/repo/sources/xx/there.json", source)
    async with TestServer(site, host="127.0.0.1") as server:
        run = await api.run()
        status, answer = await api.post_jobs(run, str(server.make_url("/repo/sources/xx/there.json")))
    assert status == 200
    job = await (await api.client.get(f"/api/job/{answer['jobs'][0]}")).json()
    assert job["source_name"] == "xx/there"


async def test_post_jobs_to_a_closed_run_is_refused(api: Api) -> None:
    run = await api.run()
    await api.client.patch(f"/api/run/{run}", json={"closed": True}, headers=INTERNAL)
    status, answer = await api.post_jobs(run, {"source": definition("a")})
    assert (status, await api.count("job")) == (409, 0)
    assert f"run {run} is closed" in answer["detail"]


async def test_post_jobs_to_no_run_is_not_found(api: Api) -> None:
    status, _ = await api.post_jobs(999, {"source": definition("a")})
    assert status == 404


async def test_post_jobs_same_key_twice_at_once_makes_one_set_of_jobs(api: Api) -> None:
    run = await api.run()
    element = {"source": definition("a")}
    key = {"Idempotency-Key": "k1"}
    answers = await asyncio.gather(*(api.post_jobs(run, element, **key) for _ in range(4)))
    assert {json.dumps(answer) for answer in answers} == {json.dumps(answers[0])}
    assert await api.count("job") == 1


async def test_post_jobs_same_key_other_request_is_refused(api: Api) -> None:
    run = await api.run()
    await api.post_jobs(run, {"source": definition("a")}, **{"Idempotency-Key": "k1"})
    status, _ = await api.post_jobs(run, {"source": definition("b")}, **{"Idempotency-Key": "k1"})
    assert (status, await api.count("job")) == (422, 1)


@pytest.mark.parametrize("header", ["secret", "shared-secret"])
@pytest.mark.parametrize("secret", ["s" * 32, "p" * 32])
async def test_internal_endpoint_with_a_valid_secret_is_open(api: Api, header: str, secret: str) -> None:
    response = await api.client.post("/api/run", json={}, headers={header: secret})
    assert response.status == 200


@pytest.mark.parametrize("headers", [{}, {"secret": ""}, {"secret": "x" * 32}, {"secret": "é"}])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/run"), ("PATCH", "/api/run/1"), ("POST", "/api/run/1/jobs"), ("PATCH", "/api/job/1")],
)
async def test_internal_endpoint_without_the_secret_is_closed(
    api: Api, method: str, path: str, headers: dict[str, str]
) -> None:
    response = await api.client.request(method, path, json={}, headers=headers)
    assert response.status == 401
    assert response.content_type == "application/problem+json"
    assert await api.count("run") == 0


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/run/0", 404),
        ("/api/run/abc", 404),
        ("/api/job/99999999999999999999", 404),
        ("/api/job/1", 404),
        ("/api/job?limit=101", 422),
        ("/api/job?limit=-1", 422),
        ("/api/job?colour=red", 422),
        ("/api/job?status=Great", 422),
        ("/api/job?source=%00", 422),
        ("/api/job?before=yesterday", 422),
        ("/api/job?cursor=9223372036854775808", 422),
        ("/nothing", 404),
    ],
)
async def test_get_bad_request_is_a_problem_not_a_crash(api: Api, path: str, status: int) -> None:
    response = await api.client.get(path)
    assert response.status == status
    body = await response.json()
    assert body["status"] == status
    assert body["message"] == body["detail"]


async def test_post_run_20_mb_body_is_too_large(api: Api) -> None:
    response = await api.client.post("/api/run", data=io.BytesIO(b" " * 20_000_000), headers=INTERNAL)
    assert (response.status, await api.count("run")) == (413, 0)


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"[]", 422), (b'{"x": 1}', 422), (b"[" * 100_000, 400), (b"\xff", 400)]
)
async def test_post_run_unreadable_body_is_refused(api: Api, body: bytes, status: int) -> None:
    response = await api.client.post("/api/run", data=body, headers=INTERNAL)
    assert (response.status, await api.count("run")) == (status, 0)


async def test_patch_job_stale_attempt_is_a_conflict_and_recorded(api: Api) -> None:
    run = await api.run()
    _, answer = await api.post_jobs(run, {"source": definition("a")})
    job = answer["jobs"][0]
    change = {"status": "Submitted", "attempt": 1, "token": "f" * 32, "batch_job": "b"}
    response = await api.client.patch(f"/api/job/{job}", json=change, headers=INTERNAL)
    assert response.status == 409
    view = await (await api.client.get(f"/api/job/{job}")).json()
    assert view["status"] == "Pending"
    assert [(event["accepted"], event["reason"]) for event in view["events"]] == [(False, "other_token")]


async def test_cancel_then_rerun_opens_a_second_attempt(api: Api) -> None:
    run = await api.run()
    _, answer = await api.post_jobs(run, {"source": definition("a")})
    job = answer["jobs"][0]
    assert (await api.client.post(f"/api/job/{job}/rerun", headers=INTERNAL)).status == 409
    assert (await api.client.post(f"/api/job/{job}/cancel", headers=INTERNAL)).status == 200
    assert (await api.client.post(f"/api/job/{job}/cancel", headers=INTERNAL)).status == 409
    assert (await api.client.post(f"/api/job/{job}/rerun", headers=INTERNAL)).status == 200
    view = await (await api.client.get(f"/api/job/{job}")).json()
    assert (view["status"], view["attempt"]) == ("Pending", 2)
    assert await api.count("outbox") == 2


async def test_list_jobs_pages_do_not_overlap_and_link_on(api: Api) -> None:
    run = await api.run()
    await api.post_jobs(run, {"source": definition(*(f"n{place}" for place in range(5)))})
    seen: list[int] = []
    path = "/api/job?limit=2"
    while path:
        response = await api.client.get(path)
        body = await response.json()
        assert body["total"] == 5
        seen += [job["id"] for job in body["jobs"]]
        link = response.headers.get("Link", "")
        path = link.partition("<")[2].partition(">")[0] if 'rel="next"' in link else ""
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 5


async def test_root_for_a_browser_shows_hostile_names_as_text(api: Api) -> None:
    run = await api.run()
    await api.post_jobs(run, {"source": definition("<img src=x onerror=alert(1)>")})
    page = await (await api.client.get("/", headers={"Accept": "text/html"})).text()
    assert "&lt;img src=x" in page
    assert "<img" not in page


async def test_root_no_duty_has_worked_is_unhealthy(api: Api) -> None:
    response = await api.client.get("/")
    assert response.status == 503
    assert len((await response.json())["problems"]) == 3


async def test_openapi_document_is_valid_and_names_every_route(api: Api) -> None:
    document = await (await api.client.get("/api/openapi.json")).json()
    validate(document)
    assert set(document["paths"]) == {route.path for route in ROUTES}
    assert (await api.client.get("/docs")).status == 200
