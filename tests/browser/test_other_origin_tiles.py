"""A page on another origin draws the tiles of a job and the fabric: by ranges, through redirects to a third one."""

import functools
import http.server
import json
import mimetypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import shapely
from playwright.sync_api import Browser

from browser.site import Site
from browser.visitor import ROOT, SHOTS, Visitor
from oa_task.tiles.label import TilesetLabel
from oa_task.tiles.spool import TileSpool
from oa_task.tiles.tileset import write_tileset
from support.product_jobs import build, files, layer_definition, request
from support.product_jobs import end as end_job
from support.products import Bucket, plan, read_rows_of

VENDOR = ROOT / "services/api/src/oa_api/static/vendor"
_SCRIPTS = ("maplibre-gl.mjs", "maplibre-gl-worker.mjs", "maplibre-gl.css", "pmtiles.js")
_AREAS = [shapely.box(x / 50, y / 50 + 40, x / 50 + 0.015, y / 50 + 40.015) for x in range(20) for y in range(20)]
PAGE = """<!doctype html><meta charset="utf-8"><title>Map</title>
<link rel="stylesheet" href="/maplibre-gl.css"><style>body { margin: 0 } #map { height: 100vh }</style>
<div id="map"></div><script src="/pmtiles.js"></script>
<script type="module">
import * as maplibre from "/maplibre-gl.mjs";
maplibre.setWorkerUrl?.("/maplibre-gl-worker.mjs");
const urls = URLS;
maplibre.addProtocol("pmtiles", new pmtiles.Protocol().tile);
const sources = {}, layers = [], colors = { tiles: "#d4373d", fabric: "#2166ac" };
for (const [name, url] of Object.entries(urls)) {
  sources[name] = { type: "vector", url: `pmtiles://${url}` };
  layers.unshift({ id: name, type: "fill", source: name, "source-layer": "parcels",
    paint: { "fill-color": colors[name], "fill-opacity": 0.6 } });
}
const view = { center: [0.2, 40.2], zoom: 9 };
const map = new maplibre.Map({ container: "map", style: { version: 8, sources, layers }, ...view });
map.on("error", (event) => console.error(event.error?.message));
map.on("idle", () => {
  for (const name of Object.keys(urls))
    document.body.dataset[name] = map.queryRenderedFeatures({ layers: [name] }).length;
  document.body.dataset.idle = "yes";
});
</script>"""


@dataclass
class _FileServer:
    """An origin for files: it serves ranges to every site, as the rules of the bucket and the CDN have it."""

    url: str = ""
    contents: dict[str, bytes] = field(default_factory=dict)
    ranges: list[str] = field(default_factory=list)


class _FileHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, files: _FileServer, *arguments: Any) -> None:
        self._files = files
        super().__init__(*arguments)

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2].partition("?")[0]
        body, requested = self._files.contents[name], self.headers.get("Range", "")
        self._files.ranges.append(requested)
        first, _, last = requested.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last) + 1, len(body))
        self.send_response(206)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Expose-Headers", "Content-Length, Content-Range, ETag")
        self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(body)}")
        self.send_header("Content-Length", str(end - start))
        self.end_headers()
        self.wfile.write(body[start:end])

    def log_message(self, *_: object) -> None:
        """Print nothing."""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def _serve(handler: Callable[..., Any]) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture
def file_server() -> Iterator[_FileServer]:
    found = _FileServer()
    with _serve(functools.partial(_FileHandler, found)) as found.url:
        yield found


async def _write_files(folder: Path) -> dict[str, bytes]:
    """Return the tiles of a source and the fabric over it, as the engine writes them."""
    bucket = Bucket(folder / "bucket")
    rows = [{"pid": str(number), "at": area} for number, area in enumerate(_AREAS)]
    dataset = bucket.publish("us/ne/lancaster", rows, layer="parcels")
    spool = TileSpool(folder / "tiles", ("pid",))
    for attributes, geometry in read_rows_of(bucket.folder / dataset["key"], "parcels"):
        spool.write(attributes, geometry)
    spool.close()
    write_tileset({"parcels": spool}, folder / "source.pmtiles", TilesetLabel("x", ""), work=folder)
    await bucket.build(plan("fabric", [dataset], layer="parcels"), folder / "fabric")
    return {
        "source.pmtiles": (folder / "source.pmtiles").read_bytes(),
        "fabric.pmtiles": (folder / "fabric" / "fabric.pmtiles").read_bytes(),
    }


async def _publish(site: Site, contents: dict[str, bytes]) -> dict[str, str]:
    """Publish the files and return the paths of the tiles."""
    api = site.api
    element = {"source": layer_definition("parcels", "city"), "source_name": "us/ne/lancaster"}
    _, answer = await api.post_jobs(await api.run(live=True), element)
    (job,) = answer["jobs"]
    outputs = files(job, "source.pmtiles", "source.parquet", "source.geojson.gz")
    count = len(_AREAS)
    result = {"count": count, "valid": count, "bounds": [0, 40, 0.4, 40.4], "fields": {}, "outputs": outputs}
    assert await end_job(api, job, result=result) == "Success"
    _, started = await request(api, "POST", "/api/fabric", {})
    (fabric,) = [layer["job"] for layer in started["layers"] if layer["layer"] == "parcels"]
    await build(api, fabric, "fabric.pmtiles")
    for number, name in ((job, "source.pmtiles"), (fabric, "fabric.pmtiles")):
        await site.storage.put_bytes(f"job/{number}/attempt-1/{name}", contents[name], "application/vnd.pmtiles")
    return {
        "tiles": f"/api/job/{job}/output/source.pmtiles",
        "fabric": "/api/fabric/parcels/output/fabric.pmtiles",
    }


@pytest.mark.parametrize("mode", ["stream", "redirect"])
def test_page_of_another_origin_draws_source_tiles_and_the_fabric(
    browser: Browser, fresh_database: Callable[[], str], file_server: _FileServer, tmp_path: Path, mode: str
) -> None:
    root = tmp_path / "other"
    root.mkdir()
    mimetypes.add_type("text/javascript", ".mjs")
    for script in _SCRIPTS:
        (root / script).write_bytes((VENDOR / script).read_bytes())
    settings = {"output_mode": mode, **({"files_url": file_server.url} if mode == "redirect" else {})}
    pages = functools.partial(_Quiet, directory=root)
    with Site(fresh_database(), **settings) as site, _serve(pages) as other_origin:
        file_server.contents = site.run(_write_files(tmp_path))
        paths = site.run(_publish(site, file_server.contents))
        urls = {name: site.url + path for name, path in paths.items()}
        (root / "index.html").write_text(PAGE.replace("URLS", json.dumps(urls)), "utf-8")
        visitor = Visitor(browser, other_origin)
        page = visitor.open("/")
        page.wait_for_selector("body[data-idle]")
        page.wait_for_function("Number(document.body.dataset.tiles) && Number(document.body.dataset.fabric)")
        SHOTS.mkdir(parents=True, exist_ok=True)
        picture = SHOTS / f"tiles-other-origin-{mode}.png"
        page.screenshot(path=picture)
        visitor.leave()
    assert picture.stat().st_size > 10_000
    if mode == "redirect":
        assert len(file_server.ranges) >= 4
        assert all(requested.startswith("bytes=") for requested in file_server.ranges)
    else:
        assert file_server.ranges == []
