"""Which responses are compressed, for which Accept-Encoding, and which never are."""

import gzip
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from oa_api.http.compression import MIN_BYTES, SECRET_IN_RESPONSE, accepts_gzip, compress
from oa_api.http.problem import Handler

LARGE = {"items": ["text"] * MIN_BYTES}
HUGE = {"items": ["text"] * 200_000}


@web.middleware
async def mark_secret(request: web.Request, handler: Handler) -> web.StreamResponse:
    request[SECRET_IN_RESPONSE] = "secret" in request.headers
    return await handler(request)


async def large(_request: web.Request) -> web.Response:
    return web.json_response(LARGE)


async def huge(_request: web.Request) -> web.Response:
    return web.json_response(HUGE)


async def small(_request: web.Request) -> web.Response:
    return web.json_response({"items": []})


async def geojson(_request: web.Request) -> web.Response:
    return web.Response(text=json.dumps(LARGE), content_type="application/geo+json", headers={"Vary": "Accept"})


async def image(_request: web.Request) -> web.Response:
    return web.Response(body=bytes(MIN_BYTES * 2), content_type="image/png")


async def with_cookie(_request: web.Request) -> web.Response:
    response = web.json_response(LARGE)
    response.set_cookie("session", "x")
    return response


async def not_modified(_request: web.Request) -> web.Response:
    return web.Response(status=304)


async def gzipped_json(_request: web.Request) -> web.Response:
    body = gzip.compress(json.dumps(LARGE).encode())
    return web.Response(body=body, content_type="application/json", headers={"Content-Encoding": "gzip"})


async def events(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(json.dumps(LARGE).encode())
    return response


@pytest.fixture
async def client() -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application(middlewares=[compress, mark_secret])
    for handler in (large, huge, small, geojson, image, with_cookie, not_modified, gzipped_json, events):
        app.router.add_get(f"/{handler.__name__}", handler)
    app.router.add_post("/large", large)
    async with TestClient(TestServer(app), auto_decompress=False) as opened:
        yield opened


async def fetch(
    client: TestClient[web.Request, web.Application], path: str, *, method: str = "GET", **headers: str
) -> ClientResponse:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.request(method, path, headers={"Accept-Encoding": "gzip, br", **names})


@pytest.mark.parametrize(("path", "sent"), [("/large", LARGE), ("/huge", HUGE), ("/geojson", LARGE)])
async def test_large_json_is_gzipped_for_a_client_that_accepts_it(
    client: TestClient[web.Request, web.Application], path: str, sent: object
) -> None:
    response = await fetch(client, path)
    body = await response.read()
    assert response.headers["Content-Encoding"] == "gzip"
    assert int(response.headers["Content-Length"]) == len(body)
    assert "Accept-Encoding" in response.headers["Vary"]
    assert json.loads(gzip.decompress(body)) == sent
    assert len(body) < len(json.dumps(sent)) / 5


async def test_other_client_gets_the_plain_body_with_what_it_varies_by(
    client: TestClient[web.Request, web.Application],
) -> None:
    response = await fetch(client, "/large", Accept_Encoding="identity")
    assert json.loads(await response.read()) == LARGE
    assert response.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in response.headers


async def test_vary_keeps_what_the_handler_states(client: TestClient[web.Request, web.Application]) -> None:
    assert (await fetch(client, "/geojson")).headers["Vary"] == "Accept, Accept-Encoding"


async def test_not_modified_varies_like_the_response_that_it_stands_for(
    client: TestClient[web.Request, web.Application],
) -> None:
    assert (await fetch(client, "/not_modified")).headers["Vary"] == "Accept-Encoding"


async def test_head_has_the_headers_of_get(client: TestClient[web.Request, web.Application]) -> None:
    got, head = await fetch(client, "/large"), await fetch(client, "/large", method="HEAD")
    names = ("Content-Encoding", "Content-Length", "Vary")
    assert [head.headers[name] for name in names] == [got.headers[name] for name in names]


@pytest.mark.parametrize("path", ["/small", "/image", "/events"])
async def test_small_bodies_images_and_streams_are_sent_as_they_are(
    client: TestClient[web.Request, web.Application], path: str
) -> None:
    response = await fetch(client, path)
    assert response.status == 200
    assert "Content-Encoding" not in response.headers


async def test_compressed_body_is_not_compressed_again(client: TestClient[web.Request, web.Application]) -> None:
    assert json.loads(gzip.decompress(await (await fetch(client, "/gzipped_json")).read())) == LARGE


@pytest.mark.parametrize(
    ("path", "method", "headers"),
    [("/with_cookie", "GET", {}), ("/large", "POST", {}), ("/large", "GET", {"secret": "x"})],
    ids=["sets a cookie", "not a read", "to a service"],
)
async def test_response_that_can_hold_a_secret_is_never_compressed(
    client: TestClient[web.Request, web.Application], path: str, method: str, headers: dict[str, str]
) -> None:
    response = await fetch(client, path, method=method, **headers)
    assert json.loads(await response.read()) == LARGE
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip", True),
        ("GZIP;q=0.5, br", True),
        ("br, *;q=0.1", True),
        ("*", True),
        ("x-gzip", True),
        ("", False),
        ("br, deflate", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("gzip;q=much", False),
        ("identity", False),
    ],
)
def test_accepts_gzip(accepted: str, *, expected: bool) -> None:
    assert accepts_gzip(accepted) is expected
