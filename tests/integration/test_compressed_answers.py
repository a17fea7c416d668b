"""Every public GET endpoint and page without parameters: its bytes over the wire for each Accept-Encoding."""

import gzip

import pytest
from aiohttp import ClientResponse, hdrs

from oa_api.http.compression import MIN_BYTES
from oa_api.routes import ROUTES
from oa_shared.roles import Role
from support.publishing import publish
from support.running_api import RunningApi

DATASETS = 12
TEXTS = ("json", "xml", "html", "jsonl", "csv")
# Lists that are long enough here, and have to be small.
LISTS = frozenset({"/api/data", "/api/data/places", "/api/job", "/api/run", "/data/feed.atom"})
PATHS = sorted(
    route.path
    for route in ROUTES
    if (route.method, route.role) == (hdrs.METH_GET, Role.ANYONE)
    and "{" not in route.path
    and not (route.is_development or route.is_legacy)
)


@pytest.fixture
async def wire(api: RunningApi) -> RunningApi:
    """Return an API with data, whose client shows bodies as they are sent."""
    for number in range(DATASETS):
        await publish(api, f"xx/place-{number}")
    api.client.session._auto_decompress = False
    return api


async def fetch(api: RunningApi, path: str, accepted: str, **headers: str) -> ClientResponse:
    accept = "text/html" if not path.startswith("/api") else "*/*"
    fields = {hdrs.ACCEPT: accept, hdrs.ACCEPT_ENCODING: accepted, **headers}
    return await api.client.get(path, headers=fields, allow_redirects=False)


async def test_texts_are_gzip_once_where_they_are_large_and_the_client_takes_it(wire: RunningApi) -> None:
    smaller = set()
    for path in PATHS:
        if "event" in path:
            continue
        plain = await fetch(wire, path, "identity")
        body = await plain.read()
        assert hdrs.CONTENT_ENCODING not in plain.headers, path
        if plain.status != 200 or not plain.content_type.endswith(TEXTS):
            continue
        for refused in ("gzip;q=0, deflate, br, zstd", "br, zstd", "deflate"):
            response = await fetch(wire, path, refused)
            assert hdrs.CONTENT_ENCODING not in response.headers, (path, refused)
        packed = await fetch(wire, path, "gzip, deflate, br, zstd")
        sent = await packed.read()
        if hdrs.CONTENT_ENCODING not in packed.headers:
            assert len(body) < MIN_BYTES, path
            continue
        assert len(body) >= MIN_BYTES * 0.9, path
        assert packed.headers[hdrs.CONTENT_ENCODING] == "gzip", path
        assert "accept-encoding" in packed.headers[hdrs.VARY].lower(), path
        assert gzip.decompress(sent)[:20] == body[:20], path
        assert len(sent) < len(body) * 0.6, path
        smaller.add(path)
    assert smaller >= LISTS


@pytest.mark.parametrize("path", ["/api/data/places", "/api/attribution", "/api/licenses"])
async def test_tag_is_that_of_the_content_in_any_encoding(wire: RunningApi, path: str) -> None:
    tags = set()
    for accepted in ("identity", "gzip", "gzip"):
        response = await fetch(wire, path, accepted)
        tags.add(response.headers[hdrs.ETAG])
        again = await fetch(wire, path, accepted, **{hdrs.IF_NONE_MATCH: response.headers[hdrs.ETAG]})
        assert (again.status, await again.read()) == (304, b"")
    assert len(tags) == 1


@pytest.mark.parametrize("path", ["/api/data/places", "/api/attribution?format=json"])
async def test_kept_body_is_that_of_the_current_data(wire: RunningApi, path: str) -> None:
    bodies = []
    for number in range(3):
        first, again, plain = [await fetch(wire, path, accepted) for accepted in ("gzip", "gzip", "identity")]
        body = await plain.read()
        assert gzip.decompress(await first.read()) == gzip.decompress(await again.read()) == body
        bodies.append(body)
        await publish(wire, f"xx/later-{number}")
    assert [body.count(b"xx/later") for body in bodies] == [0, 1, 2]
