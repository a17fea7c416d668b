"""Each request of the table, as openaddresses/batch has it and as we have it (docs/moving.md)."""

import re
from collections.abc import AsyncIterator, Iterator
from functools import cache
from typing import Any, cast

import jsonschema
import pytest
import pytest_asyncio
from openapi_spec_validator import validate

from oa_api.compatibility.routes import VERSION_1 as ROUTES_V1
from oa_api.compatibility.table import RecognizedBy, RouteVerdict, TableRow, count_verdicts, read_table
from oa_api.http.app_keys import QueuePair
from oa_api.http.openapi import document
from oa_api.routes import ROUTES
from oa_local.postgres import Postgres
from oa_shared.version import VERSION
from support.fakes.memory_queue import ImpatientQueue
from support.heartbeats import report_all_parts
from support.moving_world import FEATURES, VERSION_1, MovingWorld, moving_world, request_in_form
from support.running_api import INTERNAL, SECRET, running_api

pytestmark = pytest.mark.asyncio(loop_scope="module")
TABLE = read_table()
# Answers of endpoints where a success needs what a request cannot have: a signature of GitHub, a token of an attempt.
_REFUSED_IN_BOTH = {"POST /api/github/event": {400, 401, 404}, "PATCH /api/job/{job}": {422}}
_OK = {200, 301, 302}


@pytest.fixture(scope="module")
def shared_database_url(postgres: Postgres, migrated_template: str) -> Iterator[str]:
    yield postgres.create("compatibility", template=migrated_template)
    postgres.drop("compatibility")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world(shared_database_url: str) -> AsyncIterator[MovingWorld]:
    queues = {name: QueuePair(ImpatientQueue(), ImpatientQueue()) for name in ("jobs", "results")}
    async with (
        running_api(shared_database_url, queues=queues, worker_silent_s=1e9, is_documented=False) as api,
        moving_world(api) as world,
    ):
        await report_all_parts(api.database)
        yield world


def _credential(world: MovingWorld, version_1: str) -> dict[str, str]:
    """Return the admin's token, or the secret of a service where only a service may call."""
    return INTERNAL if version_1 == "PATCH /api/job/{job}" else world.admin


def row_name(row: TableRow) -> str:
    return row.version_1


@cache
def _documents() -> dict[bool, dict[str, Any]]:
    return {True: document(ROUTES_V1, VERSION), False: document(ROUTES, VERSION)}


def check_shape(method: str, path: str, body: Any, *, is_version_1: bool) -> None:
    """Compare a response with its schema in the OpenAPI document; one of version 1 has no other keys."""
    known = _documents()[is_version_1]
    operation = known["paths"][path][method.lower()]
    content = cast("dict[str, Any]", operation["responses"]["200"])["content"].get("application/json", {})
    schema = content.get("schema") or {}
    jsonschema.validate(body, {**schema, "components": known["components"]})
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if is_version_1 and name:
        assert set(body) <= set(known["components"]["schemas"][name]["properties"]), path


@pytest.mark.parametrize("row", TABLE, ids=row_name)
async def test_row_is_answered_in_the_form_of_openaddresses_batch(world: MovingWorld, row: TableRow) -> None:
    method, path = row.endpoint
    filled = world.fill(row.call)
    headers = {"Accept": VERSION_1 if path.startswith("/api") else "text/html", **_credential(world, row.version_1)}
    status, body, _ = await request_in_form(world, method, filled["path"], filled.get("body"), **headers)
    if row.version_1 in _REFUSED_IN_BOTH:
        assert status in _REFUSED_IN_BOTH[row.version_1], body
        return
    if row.verdict is RouteVerdict.REFUSED:
        assert status == 410, body
        assert row.note in body["message"]
        return
    assert status in _OK, (status, body)
    if isinstance(body, dict) and status == 200 and path in _documents()[True]["paths"]:
        check_shape(method, path, body, is_version_1=True)


@pytest.mark.parametrize("row", [row for row in TABLE if row.version_2], ids=row_name)
async def test_row_is_answered_in_our_form(world: MovingWorld, row: TableRow) -> None:
    method, _, path = str(row.version_2).partition(" ")
    filled = world.fill(row.own_call)
    is_page = not path.startswith("/api")
    headers = {**({"Accept": "text/html"} if is_page else {}), **_credential(world, row.version_1)}
    if (is_page and method == "POST") or "{" in filled["path"] or path == "/sign-in/link":
        assert any((route.method, route.path) == (method, path) for route in ROUTES)
        return
    status, body, headers = await request_in_form(world, method, filled["path"], filled.get("body"), **headers)
    if row.version_1 in _REFUSED_IN_BOTH:
        assert status in _REFUSED_IN_BOTH[row.version_1], body
        return
    assert status in {*_OK, 303}, (status, body)
    assert "vnd.openaddresses" not in headers["Content-Type"]
    if isinstance(body, dict) and path in _documents()[False]["paths"]:
        check_shape(method, path, body, is_version_1=False)


async def test_table_has_every_request_and_misses_none() -> None:
    counts = count_verdicts()
    print(", ".join(f"{verdict}: {count}" for verdict, count in counts.items()))
    assert counts[RouteVerdict.MISSING] == 0
    assert sum(counts.values()) == len({row.version_1 for row in TABLE})
    told_by_version = {row.version_1 for row in TABLE if row.recognized_by is RecognizedBy.VERSION}
    forms = {f"{route.method} {route.path}" for route in ROUTES_V1}
    for version_1 in told_by_version:
        assert version_1 in forms or re.sub(r"output/[\w.]+$", "output/{file}", version_1) in forms


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": VERSION_1},
        {"shared-secret": SECRET},
        {"Authorization": "Bearer oa.0123"},
        {"Authorization": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJ1IjoxfQ.c2ln"},
        {"Host": "batch.openaddresses.io"},
        {"Host": "batch.openaddresses.io:443"},
    ],
    ids=repr,
)
async def test_client_of_openaddresses_batch_is_recognized(world: MovingWorld, headers: dict[str, str]) -> None:
    status, body, sent = await request_in_form(world, "GET", "/api/data", **headers)
    assert status == 200
    assert isinstance(body, list)
    assert "Accept" in sent["Vary"]
    assert (sent["Content-Type"].startswith(VERSION_1)) == ("Accept" in headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Accept": "*/*"},
        {"Accept": "application/json, text/plain, */*"},
        {"Accept": "application/vnd.openaddresses.v2+json", "Host": "batch.openaddresses.io"},
        {"Accept": f"{VERSION_1};q=0.5, application/vnd.openaddresses.v2+json"},
        {"Accept": f"{VERSION_1};q=0"},
        {"Host": "example.org"},
        INTERNAL,
    ],
    ids=repr,
)
async def test_every_other_client_gets_our_form(world: MovingWorld, headers: dict[str, str]) -> None:
    status, body, _ = await request_in_form(world, "GET", "/api/data", **headers)
    assert status == 200
    assert isinstance(body, dict)


async def test_unknown_token_on_a_public_read_is_answered_with_a_warning(world: MovingWorld) -> None:
    for path in ("/api/data", f"/api/job/{world.ids['job']}", f"/api/job/{world.ids['job']}/output/source.geojson.gz"):
        for token in ("oa_gone", "oa.gone", "eyJ0.eyJ1.x"):
            status, _, headers = await request_in_form(world, "GET", path, Authorization=f"Bearer {token}")
            assert (status, path) == (200, path)
            assert headers["Warning"].startswith("299 ")
    for method, path in (("GET", "/api/user"), ("POST", "/api/run"), ("GET", "/api/profile")):
        status, _, headers = await request_in_form(world, method, path, Authorization="Bearer oa_gone")
        assert (status, path) == (401, path)
        assert "Warning" not in headers
    status, _, _ = await request_in_form(world, "GET", "/api/data", secret="wrong")
    assert status == 401


async def test_source_is_a_part_of_the_name(world: MovingWorld) -> None:
    for source in ("TOWN", "xx/to", "https://example.org/sources/xx/town.json"):
        for path in ("data", "job"):
            _, body, _ = await request_in_form(world, "GET", f"/api/{path}?source={source}", Accept=VERSION_1)
            rows = body if path == "data" else body["jobs"]
            assert {row.get("source_name", row["source"]) for row in rows} == {"xx/town"}, path
    _, body, _ = await request_in_form(world, "GET", "/api/data?source=x%25", Accept=VERSION_1)
    assert body == []


async def test_flags_that_are_off_do_not_filter(world: MovingWorld) -> None:
    _, everything, _ = await request_in_form(world, "GET", "/api/data", Accept=VERSION_1)
    query = "layer=all&validated=false&fabric=false&failing=false"
    _, body, _ = await request_in_form(world, "GET", f"/api/data?{query}", Accept=VERSION_1)
    assert body == everything
    _, body, _ = await request_in_form(world, "GET", "/api/data?validated=true&layer=addr", Accept=VERSION_1)
    assert [row["source"] for row in body] == ["xx/town"]
    _, body, _ = await request_in_form(world, "GET", "/api/data?layer=parcels", Accept=VERSION_1)
    assert body == []


async def test_datasets_are_found_by_place_point_and_time(world: MovingWorld) -> None:
    async def sources(query: str) -> list[str]:
        _, body, _ = await request_in_form(world, "GET", f"/api/data?{query}", Accept=VERSION_1)
        return [row["source"] for row in body]

    everything = await sources("")
    assert await sources(f"map={world.ids['map']}") == ["xx/town"]
    assert await sources("point=2.5,2.5") == everything
    assert await sources("point=3.5,2.5") == []
    assert await sources("before=2100-01-01&after=2000-01-01T00:00:00Z") == everything
    assert await sources("after=4102444800000") == []


async def test_failing_adds_datasets_that_were_never_published(world: MovingWorld) -> None:
    _, body, _ = await request_in_form(world, "GET", "/api/data?failing=true&source=xx/town", Accept=VERSION_1)
    assert [row["id"] for row in body] == [world.ids["data"]]
    _, body, _ = await request_in_form(world, "GET", "/api/data?failing=true&source=xx/never", Accept=VERSION_1)
    (row,) = body
    assert (row["id"], row["updated"], row["fabric"]) == (-world.ids["never"], None, False)


async def test_job_has_its_figures(world: MovingWorld) -> None:
    job = world.ids["job"]
    _, body, _ = await request_in_form(world, "GET", f"/api/job/{job}", Accept=VERSION_1)
    assert (body["count"], body["size"], body["status"]) == (100, 1000, "Success")
    assert body["stats"] == {"counts": {"number": 100, "street": 100}, "validity": {"valid": 100, "failed": 0}}
    assert body["output"] == dict.fromkeys(("cache", "output", "preview", "validated", "pmtiles"), True)
    assert body["bounds"]["coordinates"] == [[[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]]
    assert body["pmtiles_url"].endswith(f"/api/job/{job}/output/source.pmtiles")
    assert body["created"] > 1_700_000_000_000


async def test_log_is_an_array_or_csv(world: MovingWorld) -> None:
    path = f"/api/job/{world.ids['job']}/log"
    _, body, _ = await request_in_form(world, "GET", path, Accept=VERSION_1)
    assert [line["id"] for line in body] == [1, 2]
    assert body[0] == {"id": 1, "timestamp": 1795521600500, "message": "info source_downloaded bytes=10"}
    assert body[1]["message"] == "not JSON"
    status, raw, headers = await request_in_form(world, "GET", f"{path}?format=csv&dl=true", Accept=VERSION_1)
    assert status == 200
    assert "attachment" in headers["Content-Disposition"]
    assert raw.decode().splitlines()[0] == "1,1795521600500,info source_downloaded bytes=10"


async def test_links_of_pages_work_at_a_host_of_version_1(world: MovingWorld) -> None:
    host, job = {"Host": "batch.openaddresses.io"}, f"/api/job/{world.ids['job']}"
    for path in (f"{job}/log?format=text", f"{job}/output/sample.json?attempt=1", f"/api/data/{world.ids['data']}"):
        status, _, _ = await request_in_form(world, "GET", path, **host)
        assert (status, path) == (200, path)
    status, _, _ = await request_in_form(world, "GET", f"{job}/output/sample.json?attempt=2", **host)
    assert status == 404


async def test_sample_has_the_first_features(world: MovingWorld) -> None:
    _, body, _ = await request_in_form(world, "GET", f"/api/job/{world.ids['job']}/output/sample")
    assert body == FEATURES[:20]


async def test_delta_compares_with_the_published_job(world: MovingWorld) -> None:
    job = world.ids["job"]
    _, body, _ = await request_in_form(world, "GET", f"/api/job/{job}/delta")
    assert body["compare"] == body["master"]
    assert (body["delta"]["count"], body["delta"]["bounds"]["area"]) == (0, 0)
    status, _, _ = await request_in_form(world, "GET", f"/api/job/{world.ids['failed_job']}/delta")
    assert status == 400


async def test_places_are_the_extents_of_sources(world: MovingWorld) -> None:
    _, raw, _ = await request_in_form(world, "GET", "/api/map/features")
    assert len(raw.splitlines()) == 3
    _, body, _ = await request_in_form(world, "GET", f"/api/map/{world.ids['map']}")
    assert (body["name"], body["bbox"]) == ("xx/town", [1, 1, 2, 2])


async def test_schema_of_an_endpoint_has_what_its_requests_may_say(world: MovingWorld) -> None:
    _, listed, _ = await request_in_form(world, "GET", "/api/schema")
    assert listed["GET /data"] == {"body": False, "query": True, "res": True}
    assert listed["POST /export"]["body"]
    _, one, _ = await request_in_form(world, "GET", "/api/schema?method=POST&url=/export")
    assert set(one["body"]["properties"]) == {"job_id", "format"}
    _, one, _ = await request_in_form(world, "GET", "/api/schema?method=GET&url=/job/:job/log")
    assert set(one["query"]["properties"]) == {"format", "dl"}
    assert "$ref" not in str(one)
    status, _, _ = await request_in_form(world, "GET", "/api/schema?method=GET&url=/nothing")
    assert status == 404


async def test_body_of_an_export_marks_the_version(world: MovingWorld) -> None:
    body = {"job_id": world.ids["job"], "format": "shapefile"}
    status, created, _ = await request_in_form(world, "POST", "/api/export", body, **world.admin)
    assert (status, created["job_id"]) == (200, world.ids["job"])


async def test_nothing_is_left_when_compatibility_is_off(database_url: str) -> None:
    async with running_api(database_url, compatibility=False) as api:
        world = MovingWorld(api, {})
        for row in TABLE:
            method, path = row.endpoint
            if row.recognized_by is not RecognizedBy.PATH:
                continue
            called = re.sub(r"{\w+}", "1", row.call["path"]) if isinstance(row.call["path"], str) else path
            status, _, _ = await request_in_form(world, method, called, **INTERNAL)
            assert status in {404, 405}, row.version_1
        status, body, _ = await request_in_form(world, "GET", "/api/data", Accept=VERSION_1)
        assert (status, list(body)[-1]) == (200, "data")
        status, _, _ = await request_in_form(world, "GET", "/api/data", Authorization="Bearer oa_gone")
        assert status == 401
        paths = (await api.get("/api/openapi.json"))["paths"]
        assert "/api/schema" not in paths


async def test_document_of_version_1_is_valid(world: MovingWorld) -> None:
    _, body, _ = await request_in_form(world, "GET", "/api/openapi.v1.json")
    validate(body)
    assert body["paths"]["/api/data"]["get"]["deprecated"]
    names = [operation["operationId"] for path in body["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))
