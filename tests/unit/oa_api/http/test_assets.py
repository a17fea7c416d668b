import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from oa_api.http.assets import ASSETS, BASEMAP, Asset, Assets, get_asset, read_assets
from oa_api.http.errors import NotFoundError

TILES = bytes(range(256)) * 4_000
ASSET = Asset(b"plain", "text/css", "v1", {"br": b"small", "gzip": b"medium"})


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", None), ("", None)],
)
def test_asset_is_served_in_the_smallest_accepted_encoding(accepted: str, encoding: str | None) -> None:
    assert ASSET.best_for(accepted)[0] == encoding


def test_assets_have_their_version_in_their_url() -> None:
    assets = Assets({"a.css": ASSET})
    assert assets.url("a.css") == "/static/v1/a.css"
    assert assets.url("gone.js") == "/static/missing/gone.js"
    with pytest.raises(NotFoundError):
        assets.get("gone.js")


def test_assets_of_the_api_are_read_and_compressed() -> None:
    style = read_assets().get("app.css")
    assert gzip.decompress(style.encoded["gzip"]) == style.body
    assert style.content_type == "text/css"


def test_assets_without_vendored_scripts_are_served_and_logged_once(tmp_path: Path) -> None:
    (tmp_path / "app.css").write_text("a {}")
    with capture_logs() as logs:
        assets = read_assets(tmp_path)
    assert [entry["event"] for entry in logs] == ["static_assets_missing"]
    assert assets.has("app.css")


def test_assets_version_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "app.css").write_text("a {}")
    (tmp_path / "map.js").write_text("1")
    before = read_assets(tmp_path).url("app.css")
    assert read_assets(tmp_path).url("app.css") == before
    (tmp_path / "map.js").write_text("2")
    assert read_assets(tmp_path).url("app.css") != before


def test_assets_without_a_basemap_are_served_and_logged_once(tmp_path: Path) -> None:
    (tmp_path / "htmx.min.js").write_text("1")
    with capture_logs() as logs:
        assets = read_assets(tmp_path)
    assert [entry["event"] for entry in logs] == ["basemap_missing"]
    assert not assets.has(BASEMAP)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    (tmp_path / "basemap").mkdir()
    (tmp_path / "basemap" / BASEMAP).write_bytes(TILES)
    app = web.Application()
    app[ASSETS] = read_assets(tmp_path)
    app.router.add_get("/static/{version}/{file}", get_asset)
    async with TestClient(TestServer(app, host="127.0.0.1", port=0)) as opened:
        yield opened


async def test_basemap_is_sent_in_ranges_from_the_disk(client: TestClient[web.Request, web.Application]) -> None:
    url = client.app[ASSETS].url(BASEMAP) if client.app else ""
    part = await client.get(url, headers={"Range": "bytes=1000-1999", "Accept-Encoding": "gzip, br"})
    assert part.status == 206
    assert await part.read() == TILES[1000:2000]
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(TILES)}"
    assert part.headers["Content-Type"] == "application/vnd.pmtiles"
    assert "immutable" in part.headers["Cache-Control"]
    assert "Content-Encoding" not in part.headers
    whole = await client.get(url)
    assert await whole.read() == TILES
    assert whole.headers["Accept-Ranges"] == "bytes"
    again = await client.get(url, headers={"If-None-Match": whole.headers["ETag"]})
    assert again.status == 304


async def test_basemap_of_another_version_is_not_cached(client: TestClient[web.Request, web.Application]) -> None:
    other = await client.get(f"/static/other/{BASEMAP}", headers={"Range": "bytes=0-9"})
    assert (other.status, other.headers["Cache-Control"]) == (206, "no-cache")
    beyond = await client.get(f"/static/other/{BASEMAP}", headers={"Range": f"bytes={len(TILES)}-"})
    assert beyond.status == 416
