"""Requests that the API refuses, with its exact responses; they write nothing to the database."""

import asyncio
import gzip
import io
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_local.postgres import Postgres
from support.running_api import INTERNAL, RunningApi, definition, running_api

pytestmark = pytest.mark.asyncio(loop_scope="module")
DEEP = b"[" * 15_000
NESTED = b'{"github": ' + b'{"a":' * 200 + b"1" + b"}" * 201


@pytest.fixture(scope="module")
def shared_database_url(postgres: Postgres, migrated_template: str) -> Iterator[str]:
    yield postgres.create("bad_input", template=migrated_template)
    postgres.drop("bad_input")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def served(shared_database_url: str) -> AsyncIterator[RunningApi]:
    async with running_api(shared_database_url) as running:
        await running.job()
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def api(served: RunningApi) -> AsyncIterator[RunningApi]:
    """The same API for every case, because no case changes the tables."""
    before = await served.rows()
    yield served
    assert await served.rows() == before


async def assert_problem(response: Any, status: int, code: str, mention: str) -> None:
    body = await response.json()
    assert response.content_type == "application/problem+json"
    assert response.status == status
    assert body["status"] == status
    assert body["code"] == code
    assert body["detail"] == body["message"]
    assert mention in body["detail"] or mention in body["errors"]
    assert body["type"] == f"about:blank#{code}"
    assert body["title"]


@pytest.mark.parametrize(
    ("path", "status", "code", "detail"),
    [
        ("/api/run/0", 404, "not_found", "run '0'"),
        ("/api/run/999", 404, "not_found", "run 999"),
        ("/api/run/abc", 404, "not_found", "run 'abc'"),
        ("/api/run/%D9%A1", 404, "not_found", "run"),
        ("/api/run/999/jobs", 404, "not_found", "run 999"),
        ("/api/run/999/count", 404, "not_found", "run 999"),
        ("/api/run/999/jobs/count", 404, "not_found", "run 999"),
        ("/api/job/99999999999999999999", 404, "not_found", "job '99999999999999999999'"),
        ("/api/job/9223372036854775808", 404, "not_found", "job"),
        ("/api/job/999", 404, "not_found", "job 999"),
        ("/api/job/999/raw", 404, "not_found", "job 999"),
        ("/api/job/999/log", 404, "not_found", "job 999"),
        ("/api/job/1/output/passwd", 404, "not_found", "'passwd'"),
        ("/api/job/1/output/..%2F..%2Fclaim.json", 404, "not_found", ""),
        ("/nothing", 404, "not_found", ""),
        ("/api/job?limit=101", 422, "invalid", ": limit"),
        ("/api/job?limit=0", 422, "invalid", ": limit"),
        ("/api/job?limit=-1", 422, "invalid", ": limit"),
        (f"/api/job?limit={'9' * 5000}", 422, "invalid", ": limit"),
        ("/api/job?page=401", 422, "invalid", ": page"),
        ("/api/job?page=1&cursor=5", 422, "invalid", ": cursor"),
        ("/api/job?cursor=9223372036854775808", 422, "invalid", ": cursor"),
        ("/api/job?colour=red", 422, "invalid", ": colour"),
        ("/api/job?status=Great", 422, "invalid", ": status"),
        ("/api/job?status=,", 422, "invalid", ": status"),
        ("/api/job?layer=roads", 422, "invalid", ": layer"),
        ("/api/job?source=%00", 422, "invalid", ": source"),
        ("/api/job?source=%ff%fe", 200, "", ""),
        ("/api/job?before=yesterday", 422, "invalid", ": before"),
        ("/api/job?before=2026-11-24T12:00:00", 422, "invalid", ": before"),
        ("/api/job?after=0001-01-01T00:00:00%2B14:00", 422, "invalid", ": after"),
        ("/api/job?order=sideways", 422, "invalid", ": order"),
        ("/api/job?sort=token", 422, "invalid", ": sort"),
        ("/api/job?live=perhaps", 422, "invalid", ": live"),
        ("/api/job?run=1&run=2", 422, "invalid", "run"),
        ("/api/run/1/jobs?run=2", 422, "invalid", "run"),
        ("/api/job/1/log?format=xml", 422, "invalid", ": format"),
    ],
)
async def test_get_invalid_path_or_query_is_refused_with_its_name(
    api: RunningApi, path: str, status: int, code: str, detail: str
) -> None:
    response = await api.client.get(path, skip_auto_headers=["Accept"])
    if status == 200:
        assert response.status == 200
        return
    await assert_problem(response, status, code, detail)


@pytest.mark.parametrize(
    "query", ["a&" * 4000, "&".join(f"{number:x}=1" for number in range(1300))], ids=["same", "others"]
)
async def test_query_with_thousands_of_names_is_refused_at_once(api: RunningApi, query: str) -> None:
    """Four thousand names took 12 s while each was counted on its own, and every other request waited."""
    started = time.process_time()
    response = await api.client.get(f"/api/job?{query}")
    assert time.process_time() - started < 1
    await assert_problem(response, 422, "invalid", "")


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("DELETE", "/api/run", 405, "GET,HEAD,POST"),
        ("PUT", "/api/job/1", 405, "GET,HEAD,PATCH"),
        ("OPTIONS", "/", 405, "GET,HEAD"),
    ],
)
async def test_wrong_method_is_refused_with_the_allowed_methods(
    api: RunningApi, method: str, path: str, status: int, allow: str
) -> None:
    response = await api.client.request(method, path, headers=INTERNAL)
    await assert_problem(response, status, "method_not_allowed", f"{method} ")
    assert allow in response.headers["Allow"]


JSON_TYPE = "application/json"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code", "detail"),
    [
        (b"{", JSON_TYPE, 400, "bad_request", "line 1, column 2: the text ends too early"),
        (b"\xff", JSON_TYPE, 400, "bad_request", "byte 0 is not UTF-8"),
        (DEEP, JSON_TYPE, 400, "bad_request", "nested too deeply"),
        (b"[%s1]" % (b"[]," * 100_000), JSON_TYPE, 413, "too_large", "commas and brackets"),
        (b'{"github": {"n": ' + b"9" * 5000 + b"}}", JSON_TYPE, 400, "bad_request", "Exceeds"),
        (b'{"github": {"n": NaN}}', JSON_TYPE, 400, "bad_request", "NaN is not JSON"),
        (NESTED, JSON_TYPE, 422, "invalid", "is nested deeper than 100 levels"),
        (b'{"github": {"n": 1e999}}', JSON_TYPE, 422, "invalid", "/github/n: inf is not a number"),
        (b'{"github": {"n": "\\u0000"}}', JSON_TYPE, 422, "invalid", "/github/n: must not contain NUL"),
        (b'{"github": {"\\ud800": 1}}', JSON_TYPE, 422, "invalid", "/github/\\ud800: not Unicode"),
        (b"[]", JSON_TYPE, 422, "invalid", ": _schema"),
        (b"7", JSON_TYPE, 422, "invalid", ": _schema"),
        (b'{"x": 1}', JSON_TYPE, 422, "invalid", ": x"),
        (b'{"live": "perhaps"}', JSON_TYPE, 422, "invalid", ": live"),
        (b'{"lane": "fast"}', JSON_TYPE, 422, "invalid", ": lane"),
        (b"live=true", "application/x-www-form-urlencoded", 415, "unsupported_type", "send application/json, not"),
        (b"<run/>", "text/xml", 415, "unsupported_type", "send application/json, not text/xml"),
    ],
)
async def test_post_run_unusable_body_is_refused(  # noqa: PLR0917 - a table
    api: RunningApi, body: bytes, content_type: str, status: int, code: str, detail: str
) -> None:
    headers = {**INTERNAL, "Content-Type": content_type}
    response = await api.client.post("/api/run", data=body, headers=headers)
    await assert_problem(response, status, code, detail)


async def test_post_run_20_mb_body_is_too_large(api: RunningApi) -> None:
    response = await api.client.post("/api/run", data=io.BytesIO(b" " * 20_000_000), headers=INTERNAL)
    await assert_problem(response, 413, "too_large", "20,000,000 bytes")


async def test_post_run_20_mb_body_of_unknown_length_is_too_large(api: RunningApi) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 1_000_000

    response = await api.client.post("/api/run", data=chunks(), headers=INTERNAL)
    await assert_problem(response, 413, "too_large", "1,048,576 bytes")


@pytest.mark.parametrize(
    ("body", "status", "code", "detail"),
    [
        (b"not gzip at all", 400, "bad_request", "PayloadError"),
        (gzip.compress(b'{"live": true}', mtime=0)[:-12], 400, "bad_request", ""),
        (gzip.compress(b" " * 20_000_000, mtime=0), 413, "too_large", "1,048,576 bytes"),
    ],
    ids=["none", "cut", "huge"],
)
async def test_post_run_gzip_body_broken_or_huge_is_refused(
    api: RunningApi, body: bytes, status: int, code: str, detail: str
) -> None:
    headers = {**INTERNAL, "Content-Encoding": "gzip", "Content-Type": JSON_TYPE}
    response = await api.client.post("/api/run", data=body, headers=headers)
    await assert_problem(response, status, code, detail)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate"])
async def test_body_that_cannot_be_decoded_is_no_error_of_the_server(
    api: RunningApi, caplog: pytest.LogCaptureFixture, encoding: str
) -> None:
    headers = {**INTERNAL, "Content-Encoding": encoding, "Content-Type": JSON_TYPE}
    response = await api.client.post("/api/run", data=b"not compressed at all", headers=headers)
    await assert_problem(response, 400, "bad_request", "")
    assert response.headers["Connection"] == "close"
    response = await api.client.get("/api/run?limit=1")  # the connection has ended by now
    assert response.status == 200
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("key", ["", "k" * 201, "k\u00e9\u0085"])
async def test_post_run_unusable_idempotency_key_is_refused(api: RunningApi, key: str) -> None:
    response = await api.client.post("/api/run", json={}, headers={**INTERNAL, "Idempotency-Key": key})
    await assert_problem(response, 422, "invalid", "Idempotency-Key")


def with_nul() -> dict[str, Any]:
    return {"source": definition("a"), "name": "a\x00"}


@pytest.mark.parametrize(
    ("element", "code", "pointer", "says"),
    [
        ({"source": {"schema": 1}}, "source.schema", "/schema", "schema 1 is not supported: use schema 2"),
        ({"source": {}}, "source.schema", "/schema", "schema None is not supported"),
        ({"source": []}, "source.schema", "", "a source definition is a JSON object"),
        ({"source": None}, "element", "", "source"),
        (
            {"source": definition("a"), "layer": "roads"},
            "source.not_found",
            "/layers",
            "unknown layer 'roads'",
        ),
        ({"source": definition("a"), "layer": "parcels"}, "source.not_found", "/layers", "no entry parcels/*"),
        ({"source": definition("a"), "name": "z"}, "source.not_found", "/layers", "no entry */z; the definition has"),
        ({"source": definition()}, "source.not_found", "/layers", "no entry */*; the definition has none"),
        ({"source": definition("a"), "source_name": "../../etc"}, "element", "", "source_name"),
        ({"source": definition("a"), "source_name": ""}, "element", "", "source_name"),
        ({"sauce": 1}, "element", "", "Unknown field"),
        (7, "element", "", "Give an object"),
        ("http://[", "source.schema", "", "is not a URL"),
        ("http://x:99999999/", "source.schema", "", "is not a URL"),
        ("", "source.address_refused", "", "is not an http or https address"),
        ("sources/us/ca/a.json", "source.address_refused", "", "is not an http or https address"),
        ("file:///etc/passwd", "source.address_refused", "", "is not an http or https address"),
        ("ftp://github.com/a.json", "source.address_refused", "", "is not an http or https address"),
        ("http://localhost/a.json", "source.address_refused", "", "localhost"),
        (
            "http://169.254.169.254/latest",
            "source.address_refused",
            "",
            "169.254.169.254 is not on the public internet",
        ),
        ("http://[::1]/a.json", "source.address_refused", "", "::1 is not on the public internet"),
        ("http://10.0.0.8/a.json", "source.address_refused", "", "10.0.0.8 is not on the public internet"),
        ("http://192.168.1.1/a.json", "source.address_refused", "", "192.168.1.1 is not on the public internet"),
        ("http://2130706434/a.json", "source.address_refused", "", "is not on the public internet"),
        ("http://example.org/a.json", "source.address_refused", "", "example.org"),
        ("http://127.0.0.1:1/a.json", "source.not_found", "", "cannot be fetched"),
    ],
)
async def test_post_jobs_invalid_element_is_refused_by_index_and_writes_nothing(
    api: RunningApi, element: Any, code: str, pointer: str, says: str
) -> None:
    status, answer = await api.post_jobs(1, element)
    assert status == 422
    assert answer["code"] == "invalid"
    refusal = answer["errors"]["jobs"][0]
    assert refusal["index"] == 0
    assert refusal["code"] == code
    assert refusal["pointer"] == pointer
    assert says in refusal["message"]


async def test_post_jobs_nul_is_refused_with_its_path(api: RunningApi) -> None:
    body = json.dumps({"jobs": [{"source": definition("a\x00")}]})
    response = await api.client.post("/api/run/1/jobs", data=body, headers={**INTERNAL, "Content-Type": JSON_TYPE})
    await assert_problem(response, 422, "invalid", "/jobs/0/source/layers/addresses/0/name: must not contain NUL")


@pytest.mark.parametrize(
    ("path", "status", "code", "detail"),
    [
        ("/api/run/999/jobs", 404, "not_found", "run 999"),
        ("/api/run/x/jobs", 404, "not_found", "run 'x'"),
    ],
)
async def test_post_jobs_to_no_run_is_not_found(
    api: RunningApi, path: str, status: int, code: str, detail: str
) -> None:
    response = await api.client.post(path, json={"jobs": [{"source": definition("a")}]}, headers=INTERNAL)
    await assert_problem(response, status, code, detail)


@pytest.mark.parametrize("jobs", [[], None, {}, "x", [{"source": {}}] * 10_001])
async def test_post_jobs_body_other_than_a_list_is_refused(api: RunningApi, jobs: Any) -> None:
    response = await api.client.post("/api/run/1/jobs", json={"jobs": jobs}, headers=INTERNAL)
    await assert_problem(response, 422, "invalid", ": jobs")


@pytest.mark.parametrize(
    ("location", "code", "says"),
    [
        ("http://127.0.0.2/a.json", "source.address_refused", "127.0.0.2 is not on the public internet"),
        ("http://169.254.169.254/", "source.address_refused", "169.254.169.254 is not on the public internet"),
        ("http://[::1]/", "source.address_refused", "::1 is not on the public internet"),
        ("file:///etc/passwd", "source.address_refused", "is not an http or https address"),
        ("http://[", "source.schema", "is not a URL"),
        ("/redirect", "source.not_found", "more than 3 redirects"),
    ],
)
async def test_post_jobs_redirect_to_a_forbidden_host_is_not_followed(
    api: RunningApi, location: str, code: str, says: str
) -> None:
    async def redirect(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location})

    site = web.Application()
    site.router.add_get("/redirect", redirect)
    async with TestServer(site, host="127.0.0.1") as server:
        status, answer = await api.post_jobs(1, str(server.make_url("/redirect")))
    (refusal,) = answer["errors"]["jobs"]
    assert status == 422
    assert refusal["code"] == code
    assert says in refusal["message"]


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (b"<html>", "source.schema", "not JSON"),
        (b"\xff\xfe\x00", "source.encoding", "is not UTF-8 (byte 0)"),
        (b"[" * 100_000, "source.schema", "not JSON: nested too deeply"),
        (b" " * 3_000_000, "source.too_large", "is larger than 2,097,152 bytes"),
        (b'{"schema": 2, "x": "\\u0000"}', "source.encoding", "/x: must not contain NUL"),
    ],
)
async def test_post_jobs_unusable_file_at_a_url_is_refused(api: RunningApi, body: bytes, code: str, says: str) -> None:
    async def source(_request: web.Request) -> web.Response:
        return web.Response(body=body)

    site = web.Application()
    site.router.add_get("/a.json", source)
    async with TestServer(site, host="127.0.0.1") as server:
        status, answer = await api.post_jobs(1, str(server.make_url("/a.json")))
    (refusal,) = answer["errors"]["jobs"]
    assert status == 422
    assert refusal["code"] == code
    assert says in refusal["message"]


@pytest.mark.parametrize(
    ("change", "status", "code", "detail"),
    [
        ({}, 422, "invalid", ": status, attempt, token"),
        ({"status": "Done", "attempt": 1, "token": "x"}, 422, "invalid", ": status"),
        ({"status": "Fail", "attempt": 2**40, "token": "x"}, 422, "invalid", ": attempt"),
        ({"status": "Fail", "attempt": 1.5, "token": "x"}, 422, "invalid", ": attempt"),
        ({"status": "Fail", "attempt": 1, "token": "x", "code": "no.code"}, 422, "invalid", "not valid: code"),
    ],
)
async def test_patch_job_unusable_change_is_refused(
    api: RunningApi, change: Any, status: int, code: str, detail: str
) -> None:
    response = await api.client.patch("/api/job/1", json=change, headers=INTERNAL)
    await assert_problem(response, status, code, detail)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", 400),
        (b"GET\r\n\r\n", 400),
        (b"POST /api/run HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", 431),
    ],
)
async def test_connection_without_http_gets_a_problem(api: RunningApi, sent: bytes, status: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", api.client.port)
    writer.write(sent)
    async with asyncio.timeout(60):
        answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == status
