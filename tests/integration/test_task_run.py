"""`run_job` against real HTTP: its outputs, and its failures on bad input."""

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pmtiles.reader import MmapSource, Reader

from oa_task.download.limits import DownloadLimits
from oa_task.runner.job_runner import RunLimits, TaskJob, run_job
from oa_task.runtime.failure import TaskFailure

CSV = "NO,ST,X,Y\n1,Main,-100.5,40.25\n2.0,Élan,-100,40\n3,Nowhere,,\n"
# Attribution is due, and the license states no name.
ENTRY = {"license": {"attribution": True, "text": "CC BY"}, "website": "https://town.example.org"}
QUICK = RunLimits(download=DownloadLimits(size_bytes=100_000, stall_s=1, connect_s=2, total_s=10, redirects=2, tries=2))
Run = Callable[..., Any]
Serve = Callable[[web.Application], Awaitable[TestServer]]


async def csv(_request: web.Request) -> web.Response:
    return web.Response(text=CSV, content_type="text/csv")


async def cut_off_then_continued(request: web.Request) -> web.StreamResponse:
    body = CSV.encode()
    if "Range" in request.headers:
        start = int(request.headers["Range"].removeprefix("bytes=").rstrip("-"))
        return web.Response(body=body[start:], status=206)
    response = web.StreamResponse(headers={"Content-Length": str(len(body))})
    await response.prepare(request)
    await response.write(body[:30])
    if request.transport is not None:
        request.transport.close()
    return response


async def stall(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"NO")
    await asyncio.sleep(3)
    return response


def redirect(target: str) -> Callable[[web.Request], Any]:
    async def handler(_request: web.Request) -> web.Response:
        raise web.HTTPFound(target)

    return handler


def text(body: str, status: int = 200) -> Callable[[web.Request], Any]:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(text=body, status=status)

    return handler


@pytest.fixture
async def site(aiohttp_server: Serve) -> TestServer:
    app = web.Application()
    app.router.add_get("/data.csv", csv)
    app.router.add_get("/cut.csv", cut_off_then_continued)
    app.router.add_get("/stall.csv", stall)
    app.router.add_get("/loop.csv", redirect("/loop.csv"))
    app.router.add_get("/metadata.csv", redirect("http://169.254.169.254/latest/meta-data"))
    app.router.add_get("/file.csv", redirect("file:///etc/passwd"))
    app.router.add_get("/gone.csv", text("", 404))
    app.router.add_get("/broken.csv", text("oops", 503))
    app.router.add_get("/busy.csv", text("", 429))
    app.router.add_get("/large.csv", text("x" * 200_000))
    app.router.add_get("/empty.csv", text("NO,ST,X,Y\n"))
    app.router.add_get("/other.csv", text("A,STREET,X,Y\n1,2,3,4\n"))
    return await aiohttp_server(app)


@pytest.fixture
def run(tmp_path: Path, site: TestServer) -> Run:
    async def go(address: str, **changes: Any) -> dict[str, Any]:
        conform = {"format": "csv", "number": "NO", "street": "ST", "lon": "X", "lat": "Y", **changes}
        url = address if "://" in address else str(site.make_url(address))
        entry = {"name": "city", "data": url, "protocol": "http", "conform": conform, **ENTRY}
        source = tmp_path / "source.json"
        source.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}}))
        out = tmp_path / "out"
        out.mkdir(exist_ok=True)
        job = TaskJob(source, "addresses", "city", out, () if "://" in address else ("127.0.0.1",))
        return await run_job(job, lambda _phase, _done, _total: None, QUICK)

    return go


@pytest.mark.parametrize("address", ["/data.csv", "/cut.csv"])
async def test_run_job_writes_features_in_order_and_a_manifest(run: Run, tmp_path: Path, address: str) -> None:
    report = await run(address)
    assert report["count"] == 3
    assert report["bounds"] == [-100.5, 40.0, -100.0, 40.25]
    assert report["fields"]["number"] == 3
    out = tmp_path / "out"
    features = [json.loads(line) for line in gzip.decompress((out / "source.geojson.gz").read_bytes()).splitlines()]
    assert [feature["properties"]["number"] for feature in features] == ["1", "2", "3"]
    assert features[1]["properties"]["street"] == "Élan"
    assert features[0]["geometry"] == {"type": "Point", "coordinates": [-100.5, 40.25]}
    assert features[2]["geometry"] is None
    assert len({feature["properties"]["hash"] for feature in features}) == 3
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["attribution"] == "Source: source, https://town.example.org. License: CC BY."
    with (out / "source.pmtiles").open("rb") as file:
        tiles = Reader(MmapSource(file)).metadata()
    assert tiles["attribution"] == "source, https://town.example.org, CC BY"
    assert set(manifest["outputs"]) == {
        *("source.geojson.gz", "validated.geojson.gz", "source.parquet", "changes.jsonl.gz"),
        *("profile.json", "sample.json", "source.png", "source.pmtiles"),
        *("stats.json", "cache.zip", "definition.json"),
    }
    rows = json.loads((out / "sample.json").read_text())["rows"]
    assert [row["row"] for row in rows] == [1, 2, 3]
    assert {trace["attribute"]: trace["value"] for trace in rows[1]["attributes"]}["street"] == "Élan"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/gone.csv", "source.not_found"),
        ("/broken.csv", "upstream.http_5xx"),
        ("/busy.csv", "upstream.throttled"),
        ("/loop.csv", "source.not_found"),
        ("/large.csv", "source.too_large"),
        ("/stall.csv", "upstream.timeout"),
        ("/metadata.csv", "source.address_refused"),
        ("/file.csv", "source.address_refused"),
        ("/empty.csv", "source.empty"),
        ("http://127.0.0.1:1/x", "source.address_refused"),
        ("http://localhost:1/x", "source.address_refused"),
        ("http://2130706433/x", "source.address_refused"),
        ("http://[::1]/x", "source.address_refused"),
        ("http://[::ffff:10.0.0.1]/x", "source.address_refused"),
        ("http://10.0.0.1/x", "source.address_refused"),
        ("http://169.254.169.254/x", "source.address_refused"),
        ("file:///etc/passwd", "source.address_refused"),
    ],
)
async def test_run_job_failing_url_fails_with_its_code_and_leaves_no_manifest(
    run: Run, tmp_path: Path, address: str, code: str
) -> None:
    with pytest.raises(TaskFailure) as caught:
        await run(address)
    assert caught.value.code == code
    assert not (tmp_path / "out" / "manifest.json").exists()


async def test_run_job_missing_column_fails_with_it_and_the_nearest(run: Run) -> None:
    with pytest.raises(TaskFailure, match=r"'STRET' \(nearest: 'STREET'\)") as caught:
        await run("/other.csv", street={"function": "prefixed_number", "field": "STRET"}, number="A")
    assert caught.value.code == "source.columns_missing"


async def test_run_job_wrong_encoding_fails_with_the_byte(run: Run) -> None:
    with pytest.raises(TaskFailure, match="byte 0xc3") as caught:
        await run("/data.csv", encoding="ascii")
    assert caught.value.code == "source.encoding"
