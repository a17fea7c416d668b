"""Pelias, the geocoder: the requests of its downloader, and its importer over the files of a job.

https://github.com/pelias/openaddresses: utils/OpenAddressesAPI.js, utils/download_filtered.js, lib/streams.
"""

import asyncio
import gzip
import importlib.util
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import hdrs, web
from aiohttp.test_utils import TestServer

from oa_task.runner.job_runner import RunLimits, TaskJob, run_job
from support.npm_packages import run_node
from support.publishing import publish
from support.running_api import RunningApi

_CSV = """NO,ST,CITY,ZIP,UNIT,X,Y
1,Main Street,Town,94702,,-100.5,40.25
2,Élan Road,Town,,B,-100,40
3,Nowhere,Town,,,,
,No Number,Town,,,-100.1,40.1
4,unavailable,Town,,,-100.2,40.2
5,Null Island,Town,,,0,0
6-8,Straße,Town,10115,,-100.3,40.3
"""
_READER = Path(__file__).parent / "tools/pelias_reader.mjs"
_SOURCE = "us/ca/berkeley"
_HOST = "batch.openaddresses.io"  # in its code
_AXIOS = {"Accept": "application/json, text/plain, */*", "User-Agent": "axios/1.7.9", "Host": _HOST}
# Of a configuration without a token, as its downloader sends it.
_CURL = {"Referer": "https://pelias-results.openaddresses.io", "Authorization": "Bearer undefined", "Host": _HOST}
_FIRST = {
    "name": "1 Main Street",
    "number": "1",
    "street": "Main Street",
    "zip": "94702",
    "centroid": {"lon": -100.5, "lat": 40.25},
}


@pytest.fixture
async def outputs(tmp_path: Path, aiohttp_server: Callable[[web.Application], Awaitable[TestServer]]) -> Path:
    """Return the folder of the files of a job."""

    async def csv(_request: web.Request) -> web.Response:
        return web.Response(text=_CSV, content_type="text/csv")

    app = web.Application()
    app.router.add_get("/data.csv", csv)
    url = str((await aiohttp_server(app)).make_url("/data.csv"))
    conform = {"format": "csv", "number": "NO", "street": "ST", "city": "CITY", "postcode": "ZIP", "unit": "UNIT"}
    entry = {"name": "city", "data": url, "protocol": "http", "conform": {**conform, "lon": "X", "lat": "Y"}}
    source, out = tmp_path / "source.json", tmp_path / "out"
    source.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}}))
    out.mkdir()
    job = TaskJob(source, "addresses", "city", out, ("127.0.0.1",), without=frozenset({"tiles", "preview", "profile"}))
    await run_job(job, lambda _phase, _done, _total: None, RunLimits())
    return out


async def import_file(body: bytes, folder: Path) -> dict[str, Any]:
    """Return what the importer makes of a downloaded file, which the downloader unpacks."""
    file = folder / "berkeley.geojson"
    file.write_bytes(gzip.decompress(body))
    read: dict[str, Any] = json.loads(await asyncio.to_thread(run_node, _READER, file, _SOURCE, folder=folder))
    return read


@pytest.mark.parametrize("name", ["source.geojson.gz", "validated.geojson.gz"])
async def test_importer_reads_the_files_of_a_job(outputs: Path, tmp_path: Path, name: str) -> None:
    body = (outputs / name).read_bytes()
    features = [json.loads(line) for line in gzip.decompress(body).splitlines()]
    read = await import_file(body, tmp_path)
    counts = read["counts"]
    assert (counts["lines"], counts["unreadable"], counts["refused"]) == (len(features), 0, 0)
    points = [each for each in features if each["geometry"] is not None]
    assert counts["others"] == len(features) - len(points)
    assert read["documents"][0] == _FIRST
    assert [each["name"] for each in read["documents"]] == ["1 Main Street", "2 Élan Road", "6-8 Straße"]


@pytest.mark.skipif(
    importlib.util.find_spec("oa_api.compatibility") is None, reason="this version has only its own form of /api/data"
)
@pytest.mark.parametrize("validated", ["true", "false"])
async def test_downloader_finds_and_downloads_a_source(
    api: RunningApi, outputs: Path, tmp_path: Path, validated: str
) -> None:
    job = await publish(api, _SOURCE)
    key = f"job/{job['id']}/attempt-1/source.geojson.gz"
    await api.storage.put_file(key, outputs / "source.geojson.gz", "application/gzip")
    # Axios and curl have no cookies.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False) as session:
        query = {"source": _SOURCE, "layer": "addresses", "validated": validated}
        async with session.get(api.client.make_url("/api/data"), params=query, headers=_AXIOS) as response:
            versions = await response.json()
        assert response.status == 200
        assert isinstance(versions, list)
        assert versions[0]["job"] == job["id"]
        # In its code: the path of the file, from the ID of the job.
        file = api.client.make_url(f"/api/job/{versions[0]['job']}/output/source.geojson.gz")
        async with session.get(file, headers=_CURL) as response:
            body = await response.read()
        assert response.status == 200, body
        assert hdrs.CONTENT_ENCODING not in response.headers
    assert (await import_file(body, tmp_path))["documents"][0] == _FIRST
