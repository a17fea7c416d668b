"""Files of jobs as their clients read them: from the API itself, by signed links to S3, and over a CDN."""

import asyncio
import gzip
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from pmtiles.reader import Reader
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from oa_shared.aws import Aws
from oa_shared.aws.s3 import S3Storage
from oa_shared.download_names import content_disposition, download_name
from oa_shared.media_types import media_type_of
from support.cdn import cdn_of
from support.programs import start_program
from support.publishing import publish
from support.running_api import RunningApi, running_api

MODES = ("stream", "signed", "cdn")
FILES = ("source.geojson.gz", "source.pmtiles", "manifest.json")
_TILE = b"a tile" * 5000
_ROWS = 300
_READ_ROWS = "import sys, pyogrio; print(pyogrio.raw.read(sys.argv[1], force_2d=True)[2].size)"


@dataclass(frozen=True)
class Served:
    """An API that serves the files of one published job in a mode."""

    mode: str
    api: RunningApi
    storage: S3Storage
    cdn: str
    job: int

    @property
    def url(self) -> str:
        return str(self.api.client.make_url(""))

    def path(self, file: str) -> str:
        return f"/api/job/{self.job}/output/{file}"

    def key(self, file: str) -> str:
        return f"job/{self.job}/attempt-1/{file}"


def write_tiles(path: Path) -> None:
    with path.open("wb") as file:
        writer = Writer(file)
        writer.write_tile(zxy_to_tileid(0, 0, 0), _TILE)
        kinds = {"tile_type": TileType.MVT, "tile_compression": Compression.NONE}
        edges = {"min_lon_e7": 0, "min_lat_e7": 0, "max_lon_e7": 10**7, "max_lat_e7": 10**7}
        writer.finalize({**kinds, **edges, "center_zoom": 0, "center_lon_e7": 0, "center_lat_e7": 0}, {})


def write_features(path: Path) -> None:
    feature = {"type": "Feature", "properties": {"number": "1"}, "geometry": {"type": "Point", "coordinates": [1, 2]}}
    path.write_bytes(gzip.compress("".join(f"{json.dumps(feature)}\n" for _ in range(_ROWS)).encode()))


@pytest.fixture(params=MODES)
async def served(
    request: pytest.FixtureRequest, database_url: str, aws_clients: Aws, bucket: str, tmp_path: Path
) -> AsyncIterator[Served]:
    storage = aws_clients.storage(bucket)
    write_tiles(tmp_path / "source.pmtiles")
    write_features(tmp_path / "source.geojson.gz")
    (tmp_path / "manifest.json").write_text("{}")
    async with AsyncExitStack() as stack:
        cdn = await stack.enter_async_context(cdn_of(storage))
        settings: dict[str, Any] = {"output_mode": "stream" if request.param == "stream" else "redirect"}
        if request.param == "cdn":
            settings["files_url"] = cdn
        api = await stack.enter_async_context(running_api(database_url, storage=storage, **settings))
        outputs = {name: {"key": f"job/1/attempt-1/{name}", "bytes": 1, "sha256": "0" * 64} for name in FILES}
        job = (await publish(api, makes={"outputs": outputs}))["id"]
        assert job == 1
        for name in FILES:
            disposition = content_disposition(
                media_type_of(name), download_name(name, "us/ca/berkeley", "addresses", "city")
            )
            key = f"job/1/attempt-1/{name}"
            assert await storage.put_new_file(key, tmp_path / name, media_type_of(name), disposition=disposition)
        yield Served(request.param, api, storage, cdn, job)


async def test_head_states_size_and_ranges_in_each_mode(served: Served) -> None:
    for file in FILES:
        size = len(await served.storage.get_bytes(served.key(file)) or b"")
        for path in (served.path(file), f"/latest/us/ca/berkeley/addresses/city/{file}"):
            response = await served.api.client.head(path, allow_redirects=True)
            assert response.status == 200, path
            assert response.headers["Content-Length"] == str(size)
            assert response.headers["Accept-Ranges"] == "bytes"
            assert response.headers["ETag"]
            assert await response.read() == b""


async def test_range_and_name_of_a_file_in_each_mode(served: Served) -> None:
    whole = await (await served.api.client.get(served.path("source.pmtiles"))).read()
    for path in (served.path("source.pmtiles"), "/latest/us/ca/berkeley/addresses/city/source.pmtiles"):
        part = await served.api.client.get(path, headers={"Range": "bytes=7-106"})
        assert part.status == 206
        assert part.headers["Content-Range"] == f"bytes 7-106/{len(whole)}"
        assert await part.read() == whole[7:107]
        # A CDN passes the header of the object, with which the container wrote it.
        name = "us-ca-berkeley-addresses-city.pmtiles"
        assert part.headers["Content-Disposition"] == f'attachment; filename="{name}"'


async def test_missing_files_are_not_found_in_each_mode(served: Served) -> None:
    for method in ("get", "head"):
        response = await getattr(served.api.client, method)(served.path("other.csv"))
        assert response.status == 404, method


async def test_map_of_another_site_may_read_files(served: Served) -> None:
    for path in (served.path("source.pmtiles"), "/latest/us/ca/berkeley/addresses/city/source.pmtiles"):
        headers = {"Range": "bytes=0-6", "Origin": "https://maps.example.org"}
        response = await served.api.client.get(path, headers=headers)
        hops = [*response.history, response] if served.mode != "signed" else [*response.history]
        assert [hop.headers["Access-Control-Allow-Origin"] for hop in hops] == ["*"] * len(hops)
        if served.mode != "signed":  # there the bucket has a rule of its own
            exposed = response.headers["Access-Control-Expose-Headers"]
            assert all(name in exposed for name in ("Content-Range", "Content-Length", "ETag"))


async def test_pmtiles_reader_reads_a_tile_by_ranges(served: Served) -> None:
    url = served.url.rstrip("/") + served.path("source.pmtiles")
    sizes = []

    def get_bytes(offset: int, length: int) -> bytes:
        headers = {"Range": f"bytes={offset}-{offset + length - 1}"}
        with urlopen(Request(url, headers=headers), timeout=60) as response:  # noqa: S310 - of this test
            assert response.status == 206
            data: bytes = response.read()
        sizes.append(len(data))
        return data

    assert await asyncio.to_thread(lambda: Reader(get_bytes).get(0, 0, 0)) == _TILE
    assert len(sizes) > 2


async def test_gdal_reads_features_over_http(served: Served) -> None:
    url = f"/vsigzip//vsicurl/{served.url.rstrip('/')}{served.path('source.geojson.gz')}"
    # With all drivers of GDAL: the engine, in this process, has few of them.
    environ = {name: value for name, value in os.environ.items() if name != "GDAL_SKIP"}
    pipe = asyncio.subprocess.PIPE
    async with start_program(sys.executable, "-c", _READ_ROWS, url, stdout=pipe, stderr=pipe, env=environ) as reading:
        printed, errors = await reading.communicate()
    assert (reading.returncode, printed.strip()) == (0, str(_ROWS).encode()), errors


async def test_links_lead_to_the_place_of_the_mode(served: Served) -> None:
    file = "source.geojson.gz"
    for path in (served.path(file), f"/latest/us/ca/berkeley/addresses/city/{file}"):
        answer = await served.api.client.get(path, allow_redirects=False)
        location = answer.headers.get("Location", "")
        if served.mode == "cdn":
            assert (answer.status, location) == (302, f"{served.cdn}/{served.key(file)}")
            assert answer.headers["Cache-Control"] == "public, max-age=60"
        elif path.startswith("/latest"):
            assert location == f"{served.path(file)}?attempt=1"
        elif served.mode == "signed":
            assert "X-Amz-Signature" in location or "Signature=" in location
            assert "Cache-Control" not in answer.headers
        else:
            assert answer.status == 200


async def test_files_are_immutable_for_caches(served: Served) -> None:
    # A file that the API sends itself has a URL without an attempt, so it may become another one.
    expected = "" if served.mode == "stream" else "public, max-age=31536000, immutable"
    for file in FILES:
        response = await served.api.client.get(served.path(file))
        assert response.headers.get("Cache-Control", "") == expected, file


async def test_records_of_an_attempt_and_uploads_are_not_on_the_cdn(served: Served) -> None:
    for key in (served.key("result.json"), served.key("claim.json"), served.key("log.jsonl"), "upload/a/a.csv"):
        await served.storage.put_bytes(key, b"secret")
        async with served.api.client.session.get(f"{served.cdn}/{key}") as response:
            assert response.status == 403, key


async def test_pages_may_load_from_the_cdn(served: Served) -> None:
    policy = (await served.api.client.get("/jobs")).headers["Content-Security-Policy"]
    assert (served.cdn in policy) is (served.mode == "cdn")


async def test_large_file_is_immutable_too(aws_clients: Aws, bucket: str, tmp_path: Path) -> None:
    storage = aws_clients.storage(bucket)
    (tmp_path / "large").write_bytes(b"x" * (17 << 20))
    assert await storage.put_new_file("job/1/attempt-1/large", tmp_path / "large")
    stored = await aws_clients.s3.head_object(Bucket=bucket, Key="job/1/attempt-1/large")
    assert stored["CacheControl"] == "public, max-age=31536000, immutable"
