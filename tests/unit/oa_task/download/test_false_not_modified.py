"""Servers that are wrong about versions: a change of the data is downloaded, and parts of two versions never mix."""

import email.utils
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from oa_shared.public_http import Guard
from oa_task.definition.task_entry import TaskEntry
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.download.http import HttpDownload
from oa_task.download.limits import DownloadLimits
from oa_task.download.previous_download import PreviousDownload
from oa_task.download.source import SourceDownload
from oa_task.download.unchanged_input import UnchangedInputError
from oa_task.download.validators import contradiction
from oa_task.results.previous_result import PreviousFolder
from oa_task.runner.manifest import _raw_facts
from support.arcgis_server import PATH, ArcgisServer, point_features
from support.ftp_server import FtpServer

OLD, NEW = "NO,ST\n1,Main\n", "NO,ST\n2,Elm!\n"
SETTLED, LATER = "Tue, 02 Jan 2024 03:04:05 GMT", "Tue, 09 Jan 2024 03:04:05 GMT"


def _http_date(ago_s: float) -> str:
    return email.utils.formatdate(time.time() - ago_s, usegmt=True)


@dataclass
class LyingSite:
    """Sends `text` with `headers` the first time, and 304 with `later_headers` to each later conditional request."""

    headers: dict[str, str]
    later_headers: dict[str, str] = field(default_factory=dict)
    head_headers: dict[str, str] = field(default_factory=dict)
    text: str = OLD
    always: bool = False
    target: str = ""
    requests: list[web.Request] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        if self.target and request.path != self.target:
            raise web.HTTPFound(self.target)
        self.requests.append(request)
        if request.method == "HEAD":
            return web.Response(headers=self.head_headers)
        is_conditional = {"If-None-Match", "If-Modified-Since"} & request.headers.keys()
        if len(self.requests) > 1 and (is_conditional or self.always):
            return web.Response(status=304, headers=self.later_headers)
        return web.Response(text=self.text, headers=self.headers)


@pytest.fixture
def site() -> LyingSite:
    return LyingSite({})


@pytest.fixture
async def server(site: LyingSite) -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_get("/{path:.*}", site.handle)
    async with TestServer(app, host="127.0.0.1") as server:
        yield server


@dataclass
class Downloads:
    """Downloads one entry again and again, each time with the earlier result."""

    folder: Path
    limits: DownloadLimits
    url: str
    protocol: str = "http"
    headers: dict[str, str] = field(default_factory=dict)
    previous: PreviousFolder | None = None
    count: int = 0

    async def fetch(self, *, keeps_unchanged: bool = True, verifies: bool = False) -> str:
        """Return `unchanged`, `not modified` or the text of the download."""
        self.count += 1
        entry = TaskEntry(
            "addresses", "city", (self.url,), self.protocol, None, {"format": "csv"}, {}, headers=self.headers
        )
        download = SourceDownload(
            entry,
            self.folder / str(self.count),
            Guard(["127.0.0.1"]),
            self.limits,
            lambda _phase, _done, _total: None,
            self.previous,
            verifies=verifies,
            keeps_unchanged=keeps_unchanged and self.previous is not None,
        )
        try:
            (raw,) = await download.fetch()
        except UnchangedInputError:
            return "unchanged"
        self.previous = PreviousFolder(raw.path.parent, {"raw": _raw_facts([raw])})
        (raw.path.parent / "cache.zip").write_bytes(raw.path.read_bytes())
        return "not modified" if raw.not_modified else raw.path.read_text()


@pytest.fixture
def downloads(tmp_path: Path, quick: DownloadLimits, server: TestServer) -> Downloads:
    return Downloads(tmp_path, quick, str(server.make_url("/data.csv")))


FALSE_ANSWERS: dict[str, LyingSite] = {
    "names another ETag": LyingSite({"ETag": '"1"'}, {"ETag": '"2"'}),
    "names an ETag, had none": LyingSite({"Last-Modified": SETTLED}, {"ETag": '"2"'}),
    "names another time": LyingSite({"Last-Modified": SETTLED}, {"Last-Modified": LATER}),
    "names another time beside the ETag": LyingSite(
        {"ETag": '"1"', "Last-Modified": SETTLED}, {"Last-Modified": LATER}
    ),
    "older file": LyingSite({"Last-Modified": LATER}, {}, {"Last-Modified": SETTLED}),
    "time withheld": LyingSite({"Last-Modified": SETTLED}, {}, {}),
    "time in the future": LyingSite({"Last-Modified": "Fri, 01 Jan 2100 00:00:00 GMT"}),
    "time without a zone": LyingSite({"Last-Modified": "Tue, 02 Jan 2024 03:04:05"}),
    "time without a meaning": LyingSite({"Last-Modified": "yesterday"}),
    "no validator": LyingSite({}),
}


@pytest.mark.parametrize("answer", FALSE_ANSWERS)
async def test_change_behind_a_false_answer_is_downloaded(downloads: Downloads, site: LyingSite, answer: str) -> None:
    case = FALSE_ANSWERS[answer]
    site.headers, site.later_headers, site.head_headers = case.headers, case.later_headers, case.head_headers
    assert await downloads.fetch() == OLD
    site.text = NEW
    assert await downloads.fetch() == NEW


@pytest.mark.parametrize("age_s", [0, 60])
@pytest.mark.parametrize("etag", [{}, {"ETag": 'W/"12-1700000000"'}])
async def test_time_of_a_file_that_has_just_changed_identifies_no_version(
    downloads: Downloads, site: LyingSite, etag: dict[str, str], age_s: float
) -> None:
    site.headers = {"Last-Modified": _http_date(age_s), **etag}
    site.later_headers = site.head_headers = site.headers
    assert await downloads.fetch() == OLD
    site.text = NEW
    assert await downloads.fetch() == NEW


TRUE_ANSWERS: dict[str, LyingSite] = {
    "ETag": LyingSite({"ETag": '"1"'}, {"ETag": '"1"'}),
    "weak ETag": LyingSite({"ETag": '"1"'}, {"ETag": 'W/"1"', "Content-Length": "0"}),
    "ETag of a compressed form": LyingSite({"ETag": '"1-gzip"'}, {"ETag": '"1"'}),
    "ETag not named": LyingSite({"ETag": 'W/"1"'}),
    "ETag of a file that has just changed": LyingSite({"ETag": '"1"', "Last-Modified": "now"}, {"ETag": '"1"'}),
    "time": LyingSite({"Last-Modified": SETTLED}, {"Last-Modified": SETTLED, "Content-Length": str(len(OLD))}),
    "time not named": LyingSite({"Last-Modified": SETTLED}, {}, {"Last-Modified": SETTLED}),
}


@pytest.mark.parametrize("answer", TRUE_ANSWERS)
async def test_true_answer_is_believed(downloads: Downloads, site: LyingSite, answer: str) -> None:
    case = TRUE_ANSWERS[answer]
    site.headers, site.later_headers, site.head_headers = case.headers, case.later_headers, case.head_headers
    assert [await downloads.fetch(), await downloads.fetch()] == [OLD, "unchanged"]
    assert [request.method for request in site.requests].count("GET") == 2
    assert await downloads.fetch(keeps_unchanged=False) == "not modified"


@pytest.mark.parametrize(
    ("size", "is_contradicted"),
    [("0", False), ("12", False), ("012", False), ("13", True), ("x", False), ("9" * 5_000, True)],
    ids=["none", "same", "padded", "other", "text", "long"],
)
def test_answer_that_names_another_size_is_not_believed(tmp_path: Path, size: str, *, is_contradicted: bool) -> None:
    url = URL("https://example.org/a.csv")
    record = {"url": str(url), "etag": '"1"', "bytes": 12}
    stored = PreviousDownload(PreviousFolder(tmp_path, {}), record)
    assert (contradiction({"ETag": '"1"', "Content-Length": size}, url, stored) is not None) is is_contradicted


async def test_answer_to_a_request_without_a_condition_is_a_fault_of_the_server(
    downloads: Downloads, site: LyingSite
) -> None:
    site.headers, site.always = {}, True
    await downloads.fetch()
    with pytest.raises(Exception, match="returned HTTP 304, though the request had no condition"):
        await downloads.fetch()


async def test_verified_file_is_compared_by_its_bytes(downloads: Downloads, site: LyingSite) -> None:
    site.headers = site.later_headers = {"ETag": '"1"'}
    await downloads.fetch()
    assert [await downloads.fetch(), await downloads.fetch(verifies=True)] == ["unchanged", "unchanged"]
    site.text = NEW
    assert [await downloads.fetch(), await downloads.fetch(verifies=True)] == ["unchanged", NEW]


async def test_redirect_to_another_file_is_another_version(downloads: Downloads, site: LyingSite) -> None:
    site.headers = site.later_headers = {"ETag": '"1"'}
    site.target = "/2024.csv"
    assert [await downloads.fetch(), await downloads.fetch()] == [OLD, "unchanged"]
    site.target, site.text = "/2025.csv", NEW
    assert await downloads.fetch() == NEW


async def test_redirect_with_another_signature_is_the_same_file(quick: DownloadLimits, tmp_path: Path) -> None:
    moments = iter(range(100))

    async def redirect(_request: web.Request) -> web.Response:
        moment = next(moments)
        raise web.HTTPFound(f"/signed?file=a&X-Amz-Date={moment}&X-Amz-Expires=300&X-Amz-Signature={moment:x}")

    async def send_signed(request: web.Request) -> web.Response:
        return web.Response(
            text=OLD, headers={"ETag": '"1"'}, status=304 if "If-None-Match" in request.headers else 200
        )

    app = web.Application()
    app.add_routes([web.get("/data.csv", redirect), web.get("/signed", send_signed)])
    async with TestServer(app, host="127.0.0.1") as server:
        downloads = Downloads(tmp_path, quick, str(server.make_url("/data.csv")))
        assert [await downloads.fetch(), await downloads.fetch()] == [OLD, "unchanged"]


@pytest.mark.parametrize("name", ["headers", "login"])
async def test_other_request_for_the_same_url_is_another_version(
    downloads: Downloads, site: LyingSite, name: str
) -> None:
    site.headers = site.later_headers = {"ETag": '"1"'}
    await downloads.fetch()
    site.text = NEW
    if name == "headers":
        downloads.headers = {"X-Year": "2025"}
    else:
        downloads.url = downloads.url.replace("//", "//user:word@")
    assert await downloads.fetch(keeps_unchanged=False) == NEW


@pytest.mark.parametrize("etags", [('W/"1"', 'W/"2"'), ('"1"', '"2"')])
async def test_rest_of_another_version_is_not_appended(
    quick: DownloadLimits, tmp_path: Path, etags: tuple[str, str]
) -> None:
    old, new = b"NO,ST\n" + b"1,Old1\n" * 999, b"NO,ST\n" + b"2,New2\n" * 999
    ranges: list[str | None] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        ranges.append(request.headers.get("Range"))
        if len(ranges) == 1:
            response = web.StreamResponse(headers={"Content-Length": str(len(old)), "ETag": etags[0]})
            await response.prepare(request)
            await response.write(old[:3000])
            if request.transport is not None:
                request.transport.close()
            return response
        if ranges[-1] is None:
            return web.Response(body=new, headers={"ETag": etags[1]})
        start = int(ranges[-1].removeprefix("bytes=").rstrip("-"))
        span = {"Content-Range": f"bytes {start}-{len(new) - 1}/{len(new)}", "ETag": etags[1]}
        return web.Response(body=new[start:], status=206, headers=span)

    app = web.Application()
    app.router.add_get("/data.csv", handle)
    async with TestServer(app, host="127.0.0.1") as server:
        download = HttpDownload(Guard(["127.0.0.1"]), quick, {})
        raw: DownloadedFile = await download.fetch(
            str(server.make_url("/data.csv")), tmp_path, lambda _done, _total: None
        )
    assert raw.path.read_bytes() == new
    assert ranges == [None, "bytes=3000-", None]


@pytest.mark.parametrize(("ago_s", "expected"), [(0, NEW), (60, NEW), (86_400, "unchanged")])
async def test_file_on_ftp_with_the_same_time_and_size(
    tmp_path: Path, quick: DownloadLimits, ago_s: int, expected: str
) -> None:
    moment = time.strftime("%Y%m%d%H%M00", time.gmtime(time.time() - ago_s))
    async with FtpServer({"data.csv": OLD.encode()}, changed=moment) as ftp:
        downloads = Downloads(tmp_path, quick, ftp.url("data.csv"), "ftp")
        await downloads.fetch()
        ftp.files["data.csv"] = NEW.encode()
        assert await downloads.fetch() == expected


@pytest.mark.parametrize("edited", [0, -1, True, None, "1700000000000"])
async def test_layer_with_the_same_count_and_no_usable_time_is_downloaded(
    tmp_path: Path, quick: DownloadLimits, edited: object
) -> None:
    arcgis = ArcgisServer(metadata={"editingInfo": {"lastEditDate": edited, "dataLastEditDate": edited}})
    async with TestServer(arcgis.app(), host="127.0.0.1") as server:
        downloads = Downloads(tmp_path, quick, str(server.make_url(PATH)), "ESRI")
        first = await downloads.fetch()
        arcgis.features = point_features(250, seed=2)
        assert await downloads.fetch() not in {first, "unchanged"}


async def test_other_parameters_of_a_layer_are_another_version(tmp_path: Path, quick: DownloadLimits) -> None:
    arcgis = ArcgisServer(metadata={"editingInfo": {"lastEditDate": 1700000000000}})
    async with TestServer(arcgis.app(), host="127.0.0.1") as server:
        downloads = Downloads(tmp_path, quick, str(server.make_url(PATH)) + "?historicMoment=1", "ESRI")
        first = await downloads.fetch()
        assert await downloads.fetch() == "unchanged"
        arcgis.features = point_features(250, seed=2)
        downloads.url = downloads.url.replace("=1", "=2")
        assert await downloads.fetch(keeps_unchanged=False) not in {first, "not modified"}
