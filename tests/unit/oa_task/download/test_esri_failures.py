"""Responses of ArcGIS servers in place of features, and the codes of the failures that they cause."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_shared.public_http import Guard
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.download.esri.download import EsriDownload
from oa_task.download.limits import DownloadLimits
from oa_task.runtime.failure import TaskFailure
from support.arcgis_server import PATH, ArcgisServer, point_features

URL = PATH  # the part of the URL that does not change between runs
REJECTED = "<html><head><title>Request Rejected</title></head></html>"
LOGIN = "<html><form><input type=password></form></html>"
Fails = Callable[[ArcgisServer, dict[str, str]], web.StreamResponse | None]


def always(text: str, status: int = 200, kind: str = "text/html") -> Fails:
    return lambda _server, _query: web.Response(text=text, status=status, content_type=kind)


def error(code: int) -> dict[str, object]:
    return {"code": code, "message": "Something in the server's language", "details": []}


def later_in_another_crs(server: ArcgisServer, page: int) -> None:
    if page > 2:
        server.spatial_reference = {"wkid": 2263}


CASES: dict[str, tuple[ArcgisServer, str, tuple[str, ...]]] = {
    "error 500 in HTTP 200": (ArcgisServer(error=error(500)), "upstream.http_5xx", (URL, "error 500")),
    "error 504 in HTTP 200": (ArcgisServer(error=error(504)), "upstream.timeout", (URL, "error 504")),
    "error 429 in HTTP 200": (ArcgisServer(error=error(429)), "upstream.throttled", (URL, "error 429")),
    "token required": (ArcgisServer(error_on_metadata=error(499)), "source.token_required", (URL, "error 499")),
    "token invalid": (ArcgisServer(error=error(498)), "source.token_required", (URL, "error 498")),
    "not allowed": (ArcgisServer(error_on_metadata=error(403)), "source.token_required", (URL, "error 403")),
    "missing layer": (ArcgisServer(error_on_metadata=error(400)), "source.not_found", (URL, "error 400")),
    "group layer": (ArcgisServer(metadata={"type": "Group Layer"}), "source.format", (URL, "Group Layer")),
    "login page": (ArcgisServer(fails=always(LOGIN)), "source.token_required", (URL,)),
    "web page": (ArcgisServer(fails=always("<html>Hi</html>")), "upstream.not_data", (URL,)),
    "HTTP 503": (ArcgisServer(fails=always("", 503)), "upstream.http_5xx", (URL, "503")),
    "not JSON": (
        ArcgisServer(fails=always("oops", 200, "text/plain")),
        "upstream.http_5xx",
        (URL, "text/plain", "JSON"),
    ),
    "truncated JSON": (
        ArcgisServer(fails=always('{"features": [{"attr', 200, "application/json")),
        "upstream.http_5xx",
        (URL, "application/json"),
    ),
    "no list of features": (
        ArcgisServer(fails=always('{"features": 3}', 200, "application/json")),
        "upstream.http_5xx",
        ("features",),
    ),
    "every query rejected": (ArcgisServer(error=error(400)), "upstream.http_5xx", (URL, "error 400")),
    "fewer features than announced": (ArcgisServer(claims_count=400), "upstream.truncated", (URL, "400 ", "250")),
    "another CRS on a later page": (
        ArcgisServer(changes=later_in_another_crs),
        "source.format",
        ("EPSG:4326", "EPSG:2263"),
    ),
    "larger than allowed": (ArcgisServer(features=point_features(2000), most=1000), "source.too_large", ("100,000",)),
}


async def fetch(arcgis: ArcgisServer, limits: DownloadLimits, folder: Path) -> DownloadedFile:
    async with TestServer(arcgis.app(), host="127.0.0.1") as server:
        download = EsriDownload(Guard(["127.0.0.1"]), limits, {}, {"NO", "ST"})
        return await download.fetch(f"  {server.make_url(PATH)}/query?f=json", folder, lambda _done, _total: None)


@pytest.mark.parametrize("case", CASES)
async def test_fetch_bad_server_fails_with_its_code_and_no_end_marker(
    quick: DownloadLimits, folder: Path, case: str
) -> None:
    server, code, details = CASES[case]
    with pytest.raises(TaskFailure) as caught:
        await fetch(server, quick, folder)
    assert caught.value.code == code
    assert [detail for detail in details if detail not in caught.value.message] == [], caught.value.message
    written = folder / "esri.jsonl"
    assert not written.exists() or b'{"end"' not in written.read_bytes()


async def test_fetch_page_with_too_many_values_is_bounded(quick: DownloadLimits, folder: Path) -> None:
    page = '{"features": [' + "[]," * 30_000 + "[]]}"
    server = ArcgisServer(fails=always(page, 200, "application/json"))
    with pytest.raises(TaskFailure) as caught:
        await fetch(server, replace(quick, page_values=50_000), folder)
    assert caught.value.code == "source.too_large"
    assert "50,000 values" in caught.value.message


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
async def test_fetch_encoded_page_that_expands_without_end_is_bounded(
    quick: DownloadLimits, folder: Path, encoding: str
) -> None:
    bomb = pa.compress(b"0" * 80_000_000, {"br": "brotli"}.get(encoding, encoding), asbytes=True)
    server = ArcgisServer(fails=lambda _server, _query: web.Response(body=bomb, headers={"Content-Encoding": encoding}))
    with pytest.raises(TaskFailure) as caught:
        await fetch(server, quick, folder)
    assert caught.value.code == "source.too_large"


async def test_fetch_condition_that_a_firewall_refuses_is_replaced(quick: DownloadLimits, folder: Path) -> None:
    def fails(_server: ArcgisServer, query: dict[str, str]) -> web.StreamResponse | None:
        return web.Response(status=403, text=REJECTED) if query["where"] == "1=1" else None

    server = ArcgisServer(fails=fails, fails_on_count=True)
    raw = await fetch(server, quick, folder)
    assert raw.path.read_bytes().count(b"OBJECTID") == 251
    assert {query["where"] for query in server.queries if "outFields" in query} == {"OBJECTID >= 0"}


@pytest.mark.parametrize("status", [200, 403])
async def test_fetch_firewall_that_refuses_everything_is_quoted_soon(
    quick: DownloadLimits, folder: Path, status: int
) -> None:
    server = ArcgisServer(fails=always(REJECTED, status), fails_on_count=True)
    with pytest.raises(TaskFailure) as caught:
        await fetch(server, quick, folder)
    assert caught.value.code == {403: "source.forbidden", 200: "upstream.not_data"}[status]
    assert "Request Rejected" in caught.value.message
    assert len(server.queries) < 40


async def test_fetch_parameters_of_the_address_are_kept_or_named(quick: DownloadLimits, folder: Path) -> None:
    arcgis = ArcgisServer()
    async with TestServer(arcgis.app(), host="127.0.0.1") as server:
        address = f"{server.make_url(PATH)}/query?token=t&layerView=7&f=pjson&where=NO%3E5&outFields=*"
        raw = await EsriDownload(Guard(["127.0.0.1"]), quick, {}, {"NO"}).fetch(
            address, folder, lambda _done, _total: None
        )
    assert {(query["token"], query["layerView"]) for query in arcgis.queries} == {("t", "7")}
    [warning] = json.loads(raw.path.read_bytes().splitlines()[-1])["warnings"]
    assert "`where=NO>5`" in warning
    assert "outFields" not in warning


async def test_fetch_server_that_stalls_on_large_pages_gets_smaller_ones(quick: DownloadLimits, folder: Path) -> None:
    server = ArcgisServer(features=point_features(120), most=40)

    async def stall(request: web.Request, handler: Callable[[web.Request], object]) -> web.StreamResponse:
        if int(request.query.get("resultRecordCount", 0)) > 10:
            await asyncio.sleep(1)
        return await handler(request)  # type: ignore[misc,no-any-return]

    app = server.app()
    app.middlewares.append(web.middleware(stall))
    async with TestServer(app, host="127.0.0.1") as opened:
        download = EsriDownload(Guard(["127.0.0.1"]), quick, {}, {"NO"})
        raw = await download.fetch(str(opened.make_url(PATH)), folder, lambda _done, _total: None)
    assert raw.path.read_bytes().count(b"OBJECTID") == 121


async def test_fetch_redirect_to_a_private_address_is_refused(quick: DownloadLimits, folder: Path) -> None:
    async def redirect(_request: web.Request) -> web.Response:
        raise web.HTTPFound("http://192.168.0.1/arcgis/rest")

    app = web.Application()
    app.router.add_get("/{path:.*}", redirect)
    async with TestServer(app, host="127.0.0.1") as server:
        with pytest.raises(TaskFailure) as caught:
            await EsriDownload(Guard(["127.0.0.1"]), quick, {}, set()).fetch(
                str(server.make_url(PATH)), folder, lambda _done, _total: None
            )
    assert caught.value.code == "source.address_refused"


async def test_fetch_lenient_json_is_accepted(quick: DownloadLimits, folder: Path) -> None:
    page = (
        '{"features": [{"attributes": {"OBJECTID": 1, "NO": "a\tb", "ST": "\\ud800"}, "geometry": {"x": NaN, "y": 1}}]}'
    )
    server = ArcgisServer(features=point_features(1), fails=always(page, 200, "text/plain"))
    raw = await fetch(server, quick, folder)
    feature = json.loads(raw.path.read_bytes().splitlines()[1])
    assert feature["attributes"]["NO"] == "a\tb"
    assert feature["geometry"]["x"] is None


async def test_fetch_empty_layer_writes_a_file_without_features(quick: DownloadLimits, folder: Path) -> None:
    raw = await fetch(ArcgisServer(features=[]), quick, folder)
    assert raw.path.read_bytes().splitlines()[-1] == b'{"end":0}'


async def test_fetch_unlisted_column_requests_all_fields(quick: DownloadLimits, folder: Path) -> None:
    server = ArcgisServer(metadata={"fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}]})
    await fetch(server, quick, folder)
    assert {query["outFields"] for query in server.queries if "outFields" in query} == {"*"}
