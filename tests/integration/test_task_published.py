"""An attempt with published data of its entry, and one that receives a request to stop."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_local.provision import Queues
from oa_shared.aws import Aws
from oa_shared.ids import new_token
from oa_shared.messages import StatusMessage, parse_result_message
from oa_shared.storage import Storage
from oa_task.job.attempt import AttemptRunner
from oa_task.job.settings import JobSettings
from support.attempt_rooms import new_room

CONFORM = {"format": "csv", "number": "NO", "street": "ST", "lon": "X", "lat": "Y"}


@dataclass
class Site:
    """The API and the source's server; the files of a published job come from the bucket, as in the API."""

    storage: Storage
    published: int | None = None
    text: str = "NO,ST,X,Y\n1,Main,-100,40\n2,Main,-100,41\n"
    sent: int = 0
    stalls: bool = False
    job: dict[str, object] = field(default_factory=lambda: {"live": True, "force": True})
    is_requested: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/api/job/{job}/raw", self.raw)
        app.router.add_get("/api/job/{job}/output/{file}", self.output)
        app.router.add_get("/api/job/{job}", self.get_job)
        app.router.add_get("/api/data", self.data)
        app.router.add_get("/data.csv", self.csv)
        return app

    async def raw(self, request: web.Request) -> web.Response:
        data = str(request.url.with_path("/data.csv"))
        entry = {"name": "city", "data": data, "protocol": "http", "conform": CONFORM}
        return web.json_response({"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}})

    async def get_job(self, _request: web.Request) -> web.Response:
        return web.json_response(self.job, status=200 if self.job else 500)

    async def data(self, request: web.Request) -> web.Response:
        entry = (request.query["source"], request.query["layer"], request.query["name"])
        rows = []
        if self.published is not None and entry == ("xx/town", "addresses", "city"):
            rows.append({"source_name": "xx/town", "job": self.published, "attempt": 1})
        return web.json_response({"data": rows})

    async def output(self, request: web.Request) -> web.Response:
        found = await self.storage.get_bytes(
            f"job/{request.match_info['job']}/attempt-{request.query['attempt']}/{request.match_info['file']}"
        )
        return web.Response(status=404) if found is None else web.Response(body=found)

    async def csv(self, request: web.Request) -> web.Response:
        self.is_requested.set()
        etag = f'"{len(self.text)}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        if self.stalls:
            await asyncio.sleep(60)
        self.sent += 1
        return web.Response(text=self.text, headers={"ETag": etag})


@dataclass
class Bench:
    """Runs attempts against one site."""

    aws_clients: Aws
    queues: Queues
    bucket: str
    site: Site
    server: TestServer
    folder: Path

    def attempt(self, job: int) -> AttemptRunner:
        settings = JobSettings(
            job=job,
            attempt=1,
            token=new_token(),
            layer="addresses",
            name="city",
            api_url=str(self.server.make_url("")),
            bucket=self.bucket,
            results_queue_url=self.queues.results_url,
            source_name="xx/town",
            allowed_hosts=("127.0.0.1",),
        )
        log_file = self.folder / "log.jsonl"
        log_file.touch()
        queue = self.aws_clients.queue(self.queues.results_url)
        storage = self.aws_clients.storage(self.bucket)
        return AttemptRunner(settings, storage=storage, queue=queue, log_file=log_file, room=new_room(log_file.parent))

    async def manifest(self, job: int) -> dict[str, Any]:
        found = await self.aws_clients.storage(self.bucket).get_bytes(f"job/{job}/attempt-1/manifest.json")
        manifest: dict[str, Any] = json.loads(found or b"{}")
        return manifest

    async def changes(self, job: int) -> tuple[bool, int, int]:
        """Return whether there was something to compare with, and how much was added and removed."""
        found = await self.aws_clients.storage(self.bucket).get_bytes(f"job/{job}/attempt-1/changes.jsonl.gz")
        summary = json.loads(gzip.decompress(found or b"").splitlines()[-1])
        return summary["previous"], summary["added"], summary["removed"]

    async def last_message(self) -> StatusMessage:
        received = await self.aws_clients.queue(self.queues.results_url).receive(10, 1, 30)
        messages = [parse_result_message(message.body) for message in received]
        return max((m for m in messages if isinstance(m, StatusMessage)), key=lambda message: message.seq)


@pytest.fixture
async def bench(aws_clients: Aws, queues: Queues, bucket: str, tmp_path: Path) -> AsyncIterator[Bench]:
    site = Site(aws_clients.storage(bucket))
    async with TestServer(site.app(), host="127.0.0.1") as server:
        yield Bench(aws_clients, queues, bucket, site, server, tmp_path)


async def test_attempt_unchanged_source_uses_the_cache_and_has_no_changes(bench: Bench) -> None:
    assert await bench.attempt(7).run() == 0
    bench.site.published = 7
    assert await bench.attempt(8).run() == 0
    assert bench.site.sent == 1
    first, second = await bench.manifest(7), await bench.manifest(8)
    assert second["raw"]["not_modified"] is True
    assert second["raw"]["sha256"] == first["raw"]["sha256"]
    assert await bench.changes(7) == (False, 2, 0)
    assert await bench.changes(8) == (True, 0, 0)


async def test_attempt_unchanged_source_of_a_live_job_keeps_the_published_files(bench: Bench) -> None:
    assert await bench.attempt(7).run() == 0
    await bench.last_message()
    bench.site.published, bench.site.job = 7, {"live": True, "force": False}
    assert await bench.attempt(8).run() == 0
    assert bench.site.sent == 1
    last = await bench.last_message()
    assert last.status == "Success"
    assert last.result == {"unchanged": True, "same_as": {"job": 7, "attempt": 1}}
    storage = bench.aws_clients.storage(bench.bucket)
    keys = {item.key.rpartition("/")[2] async for item in storage.list_objects("job/8/")}
    assert keys == {"claim.json", "log.jsonl", "result.json"}
    bench.site.text = "NO,ST,X,Y\n1,Main,-100,40\n"
    assert await bench.attempt(9).run() == 0
    assert (await bench.manifest(9))["count"] == 1


@pytest.mark.parametrize("job", [{}, {"live": True}, {"live": False, "force": False}, {"live": True, "force": True}])
async def test_attempt_that_may_not_keep_files_writes_them(bench: Bench, job: dict[str, object]) -> None:
    assert await bench.attempt(7).run() == 0
    bench.site.published, bench.site.job = 7, job
    assert await bench.attempt(8).run() == 0
    assert (await bench.manifest(8))["count"] == 2


async def test_attempt_changed_source_reports_the_changes(bench: Bench) -> None:
    assert await bench.attempt(7).run() == 0
    bench.site.published, bench.site.text = 7, "NO,ST,X,Y\n1,Main,-100,40\n333,Main,-100,42\n"
    assert await bench.attempt(8).run() == 0
    assert (await bench.manifest(8))["raw"]["not_modified"] is False
    assert await bench.changes(8) == (True, 1, 1)


async def test_attempt_missing_published_files_are_not_required(bench: Bench) -> None:
    bench.site.published = 4711
    assert await bench.attempt(8).run() == 0
    assert await bench.changes(8) == (False, 2, 0)


async def test_attempt_stop_reports_progress_stopped_and_no_result(bench: Bench) -> None:
    bench.site.stalls = True
    attempt = bench.attempt(9)
    running = asyncio.create_task(attempt.run())
    await bench.site.is_requested.wait()
    attempt.stop()
    assert await running == 143
    last = await bench.last_message()
    assert last.status == "Running"
    assert last.progress == {"phase": "stopped"}
    assert await bench.manifest(9) == {}
    storage = bench.aws_clients.storage(bench.bucket)
    assert await storage.get_bytes("job/9/attempt-1/result.json") is None
    assert await storage.get_bytes("job/9/attempt-1/log.jsonl") is not None
