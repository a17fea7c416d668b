"""The API over real HTTP with a real Postgres: the rows that it creates, its responses."""

from aiohttp import web
from aiohttp.test_utils import TestServer
from openapi_spec_validator import validate

from oa_api.http.routing import PAGE
from oa_api.routes import ROUTES
from support.heartbeats import PARTS
from support.running_api import INTERNAL, RunningApi, definition


async def test_post_jobs_definition_creates_a_job_an_attempt_and_a_message(api: RunningApi) -> None:
    run = await api.run(live=True)
    status, answer = await api.post_jobs(run, {"source": definition("a", "b"), "source_name": "xx/here"})
    assert status == 200
    assert answer["errors"] == []
    assert len(answer["jobs"]) == 2
    assert [await api.count(table) for table in ("job", "job_attempt", "outbox", "source")] == [2, 2, 2, 1]
    job = await (await api.client.get(f"/api/job/{answer['jobs'][0]}")).json()
    assert job["status"] == "Pending"
    assert job["layer"] == "addresses"
    assert job["name"] == "a"
    assert job["source_name"] == "xx/here"
    assert "token" not in job
    raw = await (await api.client.get(f"/api/job/{answer['jobs'][0]}/raw")).json()
    assert raw == definition("a", "b")


async def test_post_jobs_layer_and_name_select_one_entry(api: RunningApi) -> None:
    run = await api.run()
    _, answer = await api.post_jobs(run, {"source": definition("a", "b"), "layer": "addresses", "name": "b"})
    assert len(answer["jobs"]) == 1


async def test_post_jobs_repeated_name_first_gets_its_job_second_is_refused(api: RunningApi) -> None:
    run = await api.run()
    status, answer = await api.post_jobs(run, {"source": definition("a", "a")})
    assert status == 200
    assert len(answer["jobs"]) == 1
    assert [error["pointer"] for error in answer["errors"]] == ["/layers/addresses/1/name"]


async def test_post_jobs_url_is_fetched_and_named_by_its_path(api: RunningApi) -> None:
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


async def test_post_jobs_to_a_closed_run_is_refused(api: RunningApi) -> None:
    run = await api.run()
    await api.client.patch(f"/api/run/{run}", json={"closed": True}, headers=INTERNAL)
    status, answer = await api.post_jobs(run, {"source": definition("a")})
    assert status == 409
    assert await api.count("job") == 0
    assert f"run {run} is closed" in answer["detail"]


async def test_post_jobs_to_a_missing_run_is_not_found(api: RunningApi) -> None:
    status, _ = await api.post_jobs(999, {"source": definition("a")})
    assert status == 404


async def test_patch_job_stale_attempt_is_a_conflict_and_recorded(api: RunningApi) -> None:
    run = await api.run()
    _, answer = await api.post_jobs(run, {"source": definition("a")})
    job = answer["jobs"][0]
    change = {"status": "Submitted", "attempt": 1, "token": "f" * 32, "batch_job": "b"}
    response = await api.client.patch(f"/api/job/{job}", json=change, headers=INTERNAL)
    assert response.status == 409
    view = await (await api.client.get(f"/api/job/{job}")).json()
    assert view["status"] == "Pending"
    assert [(event["accepted"], event["reason"]) for event in view["events"][1:]] == [(False, "other_token")]


async def test_cancel_then_rerun_starts_a_second_attempt(api: RunningApi) -> None:
    run = await api.run()
    _, answer = await api.post_jobs(run, {"source": definition("a")})
    job = answer["jobs"][0]
    assert (await api.client.post(f"/api/job/{job}/rerun", headers=INTERNAL)).status == 409
    assert (await api.client.post(f"/api/job/{job}/cancel", headers=INTERNAL)).status == 200
    assert (await api.client.post(f"/api/job/{job}/cancel", headers=INTERNAL)).status == 409
    assert (await api.client.post(f"/api/job/{job}/rerun", headers=INTERNAL)).status == 200
    view = await (await api.client.get(f"/api/job/{job}")).json()
    assert view["status"] == "Pending"
    assert view["attempt"] == 2
    assert await api.count("outbox") == 2


async def test_page_of_jobs_shows_hostile_names_as_text(api: RunningApi) -> None:
    run = await api.run()
    await api.post_jobs(run, {"source": definition("<img src=x onerror=alert(1)>")})
    page = await (await api.client.get("/jobs")).text()
    assert "&lt;img src=x" in page
    assert "<img" not in page


async def test_missing_page_is_html_for_a_browser_and_a_problem_for_programs(api: RunningApi) -> None:
    page = await api.client.get("/runs/7", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.status == 404
    assert page.content_type == "text/html"
    assert "Run 7 does not exist" in await page.text()
    problem = await api.client.get("/api/run/7", headers={"Accept": "text/html"})
    assert problem.status == 404
    assert problem.content_type == "application/problem+json"


async def test_root_before_any_worker_ran_is_unhealthy(api: RunningApi) -> None:
    response = await api.client.get("/")
    assert response.status == 503
    problems = (await response.json())["problems"]
    assert [problem.split()[1] for problem in problems] == list(PARTS)


async def test_openapi_document_is_valid_and_has_every_route(api: RunningApi) -> None:
    document = await (await api.client.get("/api/openapi.json")).json()
    validate(document)
    assert set(document["paths"]) == {route.path for route in ROUTES if route.tag != PAGE and not route.is_legacy}
    assert (await api.client.get("/docs")).status == 200


async def test_state_of_a_job_is_its_latest_attempt_and_requires_a_service(api: RunningApi) -> None:
    job = await api.job()
    path = f"/api/job/{job['id']}/state"
    names = ("id", "run", "attempt", "token", "status")
    (owner,) = await api.database.all("SELECT owner FROM run", into=str)
    assert await api.get(path, **INTERNAL) == {name: job[name] for name in names} | {"owner": owner}
    assert (await api.client.get(path)).status == 401
    missing = await api.client.get("/api/job/999/state", headers=INTERNAL)
    assert missing.status == 404
    assert (await missing.json())["code"] == "not_found"
