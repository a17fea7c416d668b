"""A second run of unchanged input: the requests to the server, and the origin of the bytes."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_task.download.limits import DownloadLimits
from oa_task.results.previous_result import PreviousFolder
from oa_task.runner.job_runner import RunLimits, TaskJob, run_job
from support.arcgis_server import PATH, ArcgisServer, point_features
from support.ftp_server import FtpServer

CSV = "NO,ST,X,Y\n1,Main,-100.5,40.25\n2,Elm,-100,40\n"
CSV_CONFORM = {"format": "csv", "number": "NO", "street": "ST", "lon": "X", "lat": "Y"}
SLOW_OUTPUTS = frozenset({"tiles", "preview"})
Run = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def run(tmp_path: Path, quick: DownloadLimits) -> Run:
    """Return a function that runs into `out-1`, `out-2`, … each with the earlier one as its previous result."""
    count = 0

    async def run_again(
        data: str | list[str], conform: dict[str, Any] | None = None, protocol: str = "http"
    ) -> dict[str, Any]:
        nonlocal count
        count += 1
        entry = {"name": "city", "data": data, "protocol": protocol, "conform": conform or CSV_CONFORM}
        source, out = tmp_path / "source.json", tmp_path / f"out-{count}"
        source.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}}))
        out.mkdir()
        previous = PreviousFolder.read(tmp_path / f"out-{count - 1}")
        job = TaskJob(source, "addresses", "city", out, ("127.0.0.1",), previous, without=SLOW_OUTPUTS)
        await run_job(job, lambda _phase, _done, _total: None, RunLimits(download=quick))
        manifest: dict[str, Any] = json.loads((out / "manifest.json").read_text())
        return manifest

    return run_again


class Site:
    """A file with an ETag; `sent` counts the responses with its bytes."""

    def __init__(self) -> None:
        self.text, self.etag, self.sent = CSV, '"v1"', 0

    async def handle(self, request: web.Request) -> web.Response:
        headers = {"ETag": self.etag, "Last-Modified": "Tue, 02 Jan 2024 03:04:05 GMT"}
        if request.headers.get("If-None-Match") == self.etag:
            return web.Response(status=304, headers=headers)
        self.sent += 1
        return web.Response(text=self.text, headers=headers)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
async def address(site: Site) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/{name}.csv", site.handle)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/data.csv"))


async def test_run_job_unchanged_file_comes_from_the_cache(run: Run, site: Site, address: str) -> None:
    first, second, third = await run(address), await run(address), await run(address)
    assert first["raw"]["not_modified"] is False
    assert second["raw"]["not_modified"] is True
    assert site.sent == 1
    assert second["raw"]["sha256"] == first["raw"]["sha256"] == third["raw"]["sha256"]
    assert third["raw"]["not_modified"]
    assert second["outputs"]["source.geojson.gz"] == first["outputs"]["source.geojson.gz"]


async def test_run_job_changed_file_is_fetched(run: Run, site: Site, address: str) -> None:
    await run(address)
    site.text, site.etag = CSV + "3,Oak,-100,41\n", '"v2"'
    second = await run(address)
    assert second["raw"]["not_modified"] is False
    assert second["count"] == 3


async def test_run_job_corrupt_cache_is_not_used(run: Run, site: Site, address: str, tmp_path: Path) -> None:
    await run(address)
    (tmp_path / "out-1" / "cache.zip").write_bytes(b"not a zip")
    second = await run(address)
    assert second["raw"]["not_modified"] is False
    assert second["count"] == 2
    assert site.sent == 2


async def test_run_job_other_url_is_not_conditional(run: Run, site: Site, address: str) -> None:
    await run(address)
    assert (await run(address.replace("data", "other")))["raw"]["not_modified"] is False


async def test_run_job_all_parts_are_read_in_order_and_kept(run: Run, site: Site, address: str, tmp_path: Path) -> None:
    parts = [address, address.replace("data", "more")]
    first, second = await run(parts), await run(parts)
    assert first["count"] == 4
    assert [part["not_modified"] for part in second["raw"]["parts"]] == [True, True]
    assert site.sent == 2


async def test_run_job_unchanged_file_on_ftp_comes_from_the_cache(run: Run) -> None:
    async with FtpServer({"data.csv": CSV.encode()}) as server:
        await run(server.url("data.csv"), protocol="ftp")
        second = await run(server.url("data.csv"), protocol="ftp")
    assert second["raw"]["not_modified"]
    assert len([command for command in server.commands if command.startswith("RETR")]) == 1


async def test_run_job_layer_not_edited_since_comes_from_the_cache(run: Run) -> None:
    arcgis = ArcgisServer(metadata={"editingInfo": {"lastEditDate": 1700000000000}})
    conform = {"format": "geojson", "number": "NO", "street": "ST"}
    async with TestServer(arcgis.app(), host="127.0.0.1") as server:
        layer = str(server.make_url(PATH))
        first = await run(layer, conform, "ESRI")
        pages = arcgis.pages
        second = await run(layer, conform, "ESRI")
        assert arcgis.pages == pages
        assert second["raw"]["not_modified"]
        assert second["outputs"]["source.geojson.gz"] == first["outputs"]["source.geojson.gz"]
        third = await run(layer, {**conform, "unit": "SPARE"}, "ESRI")
        assert third["raw"]["not_modified"] is False
        arcgis.features = point_features(251)
        assert (await run(layer, {**conform, "unit": "SPARE"}, "ESRI"))["count"] == 251
