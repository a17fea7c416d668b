"""A job with an ArcGIS source: the conversion runs during the download."""

import gzip
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_task.download.limits import DownloadLimits
from oa_task.runner.job_runner import RunLimits, TaskJob, run_job
from oa_task.runtime.failure import TaskFailure
from support.arcgis_server import PATH, ArcgisServer, point_features

Run = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def run(tmp_path: Path, quick: DownloadLimits) -> Run:
    async def run_servers(*servers: ArcgisServer, **conform: Any) -> dict[str, Any]:
        opened = [TestServer(server.app(), host="127.0.0.1") for server in servers]
        for server in opened:
            await server.start_server()
        data = [str(server.make_url(PATH)) for server in opened]
        entry = {
            "name": "city",
            "data": data if len(data) > 1 else data[0],
            "protocol": "ESRI",
            "conform": {"format": "geojson", "number": "NO", "street": "ST", **conform},
        }
        source, out = tmp_path / "source.json", tmp_path / "out"
        source.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}}))
        out.mkdir()
        job = TaskJob(source, "addresses", "city", out, ("127.0.0.1",), without=frozenset({"tiles", "preview"}))
        limits = RunLimits(download=replace(quick, size_bytes=10_000_000))
        try:
            return await run_job(job, lambda _phase, _done, _total: None, limits)
        finally:
            for server in opened:
                await server.close()

    return run_servers


async def test_run_job_layers_are_conformed_in_order(run: Run, tmp_path: Path) -> None:
    report = await run(ArcgisServer(), ArcgisServer(features=point_features(30, seed=2)), srs="EPSG:2263")
    assert report["count"] == 280
    lines = gzip.decompress((tmp_path / "out" / "source.geojson.gz").read_bytes()).splitlines()
    features = [json.loads(line) for line in lines]
    assert [int(feature["properties"]["number"]) for feature in features] == [*range(250), *range(30)]
    first = point_features(1)[0]["geometry"]
    assert features[0]["geometry"]["coordinates"] == [first["x"], first["y"]]


async def test_run_job_download_that_fails_late_ends_the_conversion_and_leaves_nothing(
    run: Run, tmp_path: Path
) -> None:
    def fails(server: ArcgisServer, _query: dict[str, str]) -> web.StreamResponse | None:
        return web.json_response({"error": {"code": 499, "message": "Token Required"}}) if server.pages > 4 else None

    with pytest.raises(TaskFailure) as caught:
        await run(ArcgisServer(fails=fails))
    assert caught.value.code == "source.token_required"
    assert list((tmp_path / "out").iterdir()) == []


async def test_run_job_conversion_that_fails_early_ends_the_download(run: Run, tmp_path: Path) -> None:
    server = ArcgisServer(features=point_features(8000), most=500, latency_s=0.1)
    with pytest.raises(TaskFailure) as caught:
        await run(server, street={"function": "prefixed_number", "field": "STREET"})
    assert caught.value.code == "source.columns_missing"
    assert list((tmp_path / "out").iterdir()) == []


async def test_run_job_layer_without_features_is_empty(run: Run) -> None:
    with pytest.raises(TaskFailure) as caught:
        await run(ArcgisServer(features=[]))
    assert caught.value.code == "source.empty"
