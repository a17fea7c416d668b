"""A job that may keep the files of an earlier result: whether it converts, and what it requests and copies."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_task.download.limits import DownloadLimits
from oa_task.download.unchanged_input import UnchangedInputError
from oa_task.results.previous_result import PreviousFolder
from oa_task.runner.job_runner import RunLimits, TaskJob, run_job
from support.arcgis_server import PATH, ArcgisServer, point_features
from support.ftp_server import FtpServer

CSV = "NO,ST,X,Y\n1,Main,-100.5,40.25\n2,Elm,-100,40\n"
CONFORM = {"format": "csv", "number": "NO", "street": "ST", "lon": "X", "lat": "Y"}
SLOW_OUTPUTS = frozenset({"tiles", "preview"})


@dataclass
class CountedFolder:
    """An earlier output folder; `fetched` names the files that a job took from it."""

    folder: Path
    manifest: dict[str, Any]
    fetched: list[str] = field(default_factory=list)

    async def fetch(self, name: str, folder: Path) -> Path | None:
        """Return the path of a file."""
        self.fetched.append(name)
        return await PreviousFolder(self.folder, self.manifest).fetch(name, folder)


@dataclass
class Work:
    """Runs jobs of one entry; `previous` is the last result."""

    folder: Path
    limits: DownloadLimits
    entry: dict[str, Any]
    others: list[dict[str, Any]] = field(default_factory=list)
    without: frozenset[str] = SLOW_OUTPUTS
    previous: CountedFolder | None = None
    count: int = 0

    async def run(self, *, keeps_unchanged: bool = True) -> str:
        """Run a job, and return `unchanged` or `converted`."""
        self.count += 1
        source, out = self.folder / "source.json", self.folder / f"out-{self.count}"
        layers = {"addresses": [*self.others, {"name": "city", "protocol": "http", "conform": CONFORM, **self.entry}]}
        source.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": layers}))
        out.mkdir()
        hosts = ("127.0.0.1",)
        job = TaskJob(
            source, "addresses", "city", out, hosts, self.previous, "", self.without, keeps_unchanged=keeps_unchanged
        )
        try:
            await run_job(job, lambda _phase, _done, _total: None, RunLimits(download=self.limits))
        except UnchangedInputError:
            assert list(out.iterdir()) == []
            return "unchanged"
        self.previous = CountedFolder(out, json.loads((out / "manifest.json").read_text()))
        return "converted"


class Site:
    """Files, with a validator or without; `sent` counts the responses with bytes."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.version, self.has_validators, self.sent = 1, True, 0

    async def handle(self, request: web.Request) -> web.Response:
        headers = {"ETag": f'"{self.version}"'} if self.has_validators else {}
        if self.has_validators and request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        self.sent += 1
        return web.Response(text=self.texts.get(request.path, CSV), headers=headers)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
async def server(site: Site) -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_get("/{name}.csv", site.handle)
    async with TestServer(app, host="127.0.0.1") as server:
        yield server


@pytest.fixture
def work(tmp_path: Path, quick: DownloadLimits, server: TestServer) -> Work:
    return Work(tmp_path, quick, {"data": str(server.make_url("/a.csv"))})


async def test_unmodified_file_keeps_the_earlier_files_and_copies_none(work: Work, site: Site) -> None:
    assert [await work.run() for _ in range(3)] == ["converted", "unchanged", "unchanged"]
    assert site.sent == 1
    assert work.previous is not None
    assert work.previous.fetched == []


async def test_file_without_validators_is_compared_by_its_bytes(work: Work, site: Site) -> None:
    site.has_validators = False
    assert [await work.run() for _ in range(2)] == ["converted", "unchanged"]
    site.texts["/a.csv"] = CSV + "3,Oak,-100,41\n"
    assert [await work.run() for _ in range(2)] == ["converted", "unchanged"]
    assert site.sent == 4


async def test_new_validator_of_the_same_bytes_is_unchanged(work: Work, site: Site) -> None:
    await work.run()
    site.version = 2
    assert await work.run() == "unchanged"


async def test_job_that_is_to_write_new_files_converts_the_stored_copy(work: Work, site: Site) -> None:
    await work.run()
    assert await work.run(keeps_unchanged=False) == "converted"
    assert site.sent == 1


@pytest.mark.parametrize(
    "change",
    [
        {"conform": {**CONFORM, "unit": "NO"}},
        {"conform": {**CONFORM, "street": {"function": "remove_prefix", "field": "ST", "field_to_remove": "NO"}}},
        {"license": {"text": "CC0"}},
        {"year": "2025"},
        {"test": {"enabled": True, "acceptance-tests": [{"inputs": {"NO": "1"}, "expected": {"number": "1"}}]}},
    ],
)
async def test_changed_entry_converts_the_stored_copy_and_downloads_nothing(
    work: Work, site: Site, change: dict[str, Any]
) -> None:
    await work.run()
    first = work.previous
    work.entry |= change
    assert await work.run() == "converted"
    assert site.sent == 1
    assert first is not None
    assert "cache.zip" in first.fetched
    assert await work.run() == "unchanged"


async def test_other_outputs_are_converted(work: Work) -> None:
    await work.run()
    work.without = SLOW_OUTPUTS | {"parquet"}
    assert await work.run() == "converted"


async def test_other_engine_converts(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    await work.run()
    monkeypatch.setattr("oa_task.runner.fingerprint.OUTPUT_REVISION", 1_000_000)
    assert await work.run() == "converted"
    assert await work.run() == "unchanged"


async def test_other_entries_and_the_order_of_keys_do_not_matter(work: Work) -> None:
    await work.run()
    work.others = [{"name": "county", "data": "http://example.org/b.csv", "protocol": "http", "conform": CONFORM}]
    work.entry["conform"] = dict(reversed(CONFORM.items()))
    assert await work.run() == "unchanged"


async def test_result_of_an_earlier_version_is_not_kept(work: Work) -> None:
    await work.run()
    assert work.previous is not None
    del work.previous.manifest["fingerprint"]
    assert await work.run() == "converted"


async def test_one_changed_part_copies_the_others_and_converts_all(work: Work, site: Site, server: TestServer) -> None:
    work.entry["data"] = [str(server.make_url(path)) for path in ("/a.csv", "/b.csv")]
    assert [await work.run(), await work.run()] == ["converted", "unchanged"]
    first = work.previous
    assert first is not None
    work.entry["data"][1] = str(server.make_url("/c.csv"))
    site.texts["/c.csv"] = CSV + "3,Oak,-100,41\n"
    assert await work.run() == "converted"
    assert site.sent == 3
    assert work.previous is not None
    assert work.previous.manifest["count"] == 5
    assert first.fetched == ["cache.zip", "source.geojson.gz"]


async def test_lost_copy_of_an_unchanged_part_is_downloaded_again(work: Work, site: Site, server: TestServer) -> None:
    work.entry["data"] = [str(server.make_url(path)) for path in ("/a.csv", "/b.csv")]
    await work.run()
    assert work.previous is not None
    (work.previous.folder / "cache.zip").unlink()
    assert await work.run() == "unchanged"
    work.entry["data"][1] = str(server.make_url("/c.csv"))
    site.texts["/c.csv"] = CSV + "3,Oak,-100,41\n"
    assert await work.run() == "converted"
    assert site.sent == 4
    assert work.previous.manifest["count"] == 5


async def test_unchanged_file_on_ftp_keeps_the_earlier_files(work: Work) -> None:
    async with FtpServer({"data.csv": CSV.encode()}) as ftp:
        work.entry |= {"data": ftp.url("data.csv"), "protocol": "ftp"}
        assert [await work.run(), await work.run()] == ["converted", "unchanged"]
    assert len([command for command in ftp.commands if command.startswith("RETR")]) == 1


@pytest.mark.parametrize("has_edit_time", [True, False])
async def test_unchanged_layer_keeps_the_earlier_files(work: Work, *, has_edit_time: bool) -> None:
    arcgis = ArcgisServer(metadata={"editingInfo": {"lastEditDate": 1700000000000}} if has_edit_time else {})
    conform = {"format": "geojson", "number": "NO", "street": "ST"}
    async with TestServer(arcgis.app(), host="127.0.0.1") as layers:
        work.entry |= {"data": str(layers.make_url(PATH)), "protocol": "ESRI", "conform": conform}
        assert await work.run() == "converted"
        pages = arcgis.pages
        assert await work.run() == "unchanged"
        assert (arcgis.pages == pages) is has_edit_time
        arcgis.features = point_features(251)
        assert await work.run() == "converted"
