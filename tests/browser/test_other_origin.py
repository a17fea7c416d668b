"""A page on another origin draws a map of published data, and cannot use the session of its visitor."""

import functools
import http.server
import json
import mimetypes
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from browser.site import Site
from browser.visitor import ROOT, SHOTS, Visitor
from support.accounts import account, session
from support.publishing import publish

VENDOR = ROOT / "services/api/src/oa_api/static/vendor"
LATEST = "/latest/us/ca/berkeley/addresses/city/source.pmtiles"
# A tile with the layer `a`, one polygon of nearly its size: protobuf of the vector tile specification 2.1.
GEOMETRY = bytes([9, 128, 8, 128, 8, 26, 128, 48, 0, 0, 128, 48, 255, 47, 0, 15])
PAGE = """<!doctype html><meta charset="utf-8"><title>Map</title>
<link rel="stylesheet" href="/maplibre-gl.css"><style>body { margin: 0 } #map { height: 100vh }</style>
<div id="map"></div><p id="count"></p><script src="/pmtiles.js"></script>
<script type="module">
import * as maplibre from "/maplibre-gl.mjs";
maplibre.setWorkerUrl?.("/maplibre-gl-worker.mjs");
const site = SITE;
const answer = await fetch(`${site}/api/data?limit=1`, { headers: { "If-None-Match": '"none"' } });
const { data } = await answer.json();
document.getElementById("count").textContent = [answer.headers.get("ETag"), data[0].source_name].join(" ");
const archives = new pmtiles.Protocol();
maplibre.addProtocol("pmtiles", archives.tile);
const layer = { id: "a", type: "fill", source: "a", "source-layer": "a", paint: { "fill-color": "#d4373d" } };
const sources = { a: { type: "vector", url: `pmtiles://${site}LATEST` } };
const map = new maplibre.Map({ container: "map", style: { version: 8, sources, layers: [layer] }, zoom: 0 });
map.on("error", (event) => console.error(event.error?.message));
map.on("idle", () => {
  const shown = map.queryRenderedFeatures({ layers: ["a"] }).length;
  if (shown) document.body.dataset.features = shown;
});
</script>"""


def _message(field: int, content: bytes) -> bytes:
    return bytes([field << 3 | 2, len(content)]) + content


def _tile() -> bytes:
    feature = bytes([24, 3]) + _message(4, GEOMETRY)
    layer = bytes([120, 2]) + _message(1, b"a") + _message(2, feature) + bytes([40, 128, 32])
    return _message(3, layer)


def _write_tiles(path: Path) -> None:
    with path.open("wb") as file:
        writer = Writer(file)
        writer.write_tile(zxy_to_tileid(0, 0, 0), _tile())
        kinds = {"tile_type": TileType.MVT, "tile_compression": Compression.NONE, "min_zoom": 0, "max_zoom": 0}
        edges = {"min_lon_e7": -18 * 10**8, "min_lat_e7": -8 * 10**8, "max_lon_e7": 18 * 10**8, "max_lat_e7": 8 * 10**8}
        center = {"center_zoom": 0, "center_lon_e7": 0, "center_lat_e7": 0}
        writer.finalize({**kinds, **edges, **center}, {"vector_layers": [{"id": "a", "fields": {}}]})


class _Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def published_site(fresh_database: Callable[[], str], tmp_path: Path) -> Iterator[Site]:
    with Site(fresh_database()) as site:
        key, path = "job/1/attempt-1/source.pmtiles", tmp_path / "source.pmtiles"
        _write_tiles(path)
        output = {"source.pmtiles": {"key": key, "bytes": path.stat().st_size, "sha256": "0" * 64}}
        site.run(publish(site.api, makes={"outputs": output}))
        site.run(site.storage.put_bytes(key, path.read_bytes(), "application/vnd.pmtiles"))
        yield site


@pytest.fixture
def other_origin(published_site: Site, tmp_path: Path) -> Iterator[str]:
    """Serve a page with the scripts of a map from another port, which is another origin."""
    root = tmp_path / "other"
    root.mkdir()
    mimetypes.add_type("text/javascript", ".mjs")
    for script in ("maplibre-gl.mjs", "maplibre-gl-worker.mjs", "maplibre-gl.css", "pmtiles.js"):
        (root / script).write_bytes((VENDOR / script).read_bytes())
    page = PAGE.replace("SITE", json.dumps(published_site.url)).replace("LATEST", LATEST)
    (root / "index.html").write_text(page, "utf-8")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Files, directory=root))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_page_of_another_origin_draws_a_map(browser: Browser, published_site: Site, other_origin: str) -> None:
    visitor = Visitor(browser, other_origin)
    page = visitor.open("/")
    page.wait_for_selector("body[data-features]")
    assert page.locator("#count").inner_text().endswith("us/ca/berkeley")
    assert page.locator("#count").inner_text().startswith("W/")
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "map-other-origin.png")
    visitor.leave()


def test_page_of_another_origin_cannot_use_a_session(browser: Browser, published_site: Site, other_origin: str) -> None:
    """The cookie is of the same host, so the browser may send it; the response must not depend on it."""
    published_site.run(account(published_site.api, "ada", "admin"))
    visitor = Visitor(browser, published_site.url)
    visitor.cookies["oa_session"] = published_site.run(session(published_site.api, "ada"))
    page = visitor.blank()
    assert page.request.get(f"{published_site.url}/api/audit").status == 200
    page.goto(other_origin)
    read = """async ([url, credentials]) => {
        try { return (await fetch(url, { credentials })).status } catch { return "blocked" }
    }"""
    assert page.evaluate(read, [f"{published_site.url}/api/audit", "omit"]) == 401
    assert page.evaluate(read, [f"{published_site.url}/api/audit", "include"]) == "blocked"
    assert page.evaluate(read, [f"{published_site.url}/profile", "omit"]) == "blocked"
