"""An attempt that builds a product, against real S3 and SQS."""

import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

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
from oa_task.products import input_fetcher
from support.attempt_rooms import new_room
from support.products import Bucket, Row, address, plan


@asynccontextmanager
async def api(body: Row, storage: Storage) -> AsyncIterator[str]:
    async def raw(_request: web.Request) -> web.Response:
        return web.json_response(body)

    async def inputs(request: web.Request) -> web.Response:
        keys = (await request.json())["keys"]
        signed = [{"key": key, "url": await storage.presign(key, 60)} for key in keys]
        return web.json_response({"job": 7, "inputs": signed})

    app = web.Application()
    app.router.add_get("/api/job/7/raw", raw)
    app.router.add_post("/api/job/7/attempt/1/inputs", inputs)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url(""))


async def run(body: Row, aws_clients: Aws, queues: Queues, bucket: str, *, folder: Path) -> tuple[int, StatusMessage]:
    """Run the attempt of a plan; return its exit status and its last message."""
    (folder / "log.jsonl").write_text("")
    async with api(body, aws_clients.storage(bucket)) as url:
        settings = JobSettings(
            job=7,
            attempt=1,
            token=new_token(),
            layer="addresses",
            name="1",
            kind=body["kind"],
            api_url=url,
            bucket=bucket,
            results_queue_url=queues.results_url,
        )
        storage, queue = aws_clients.storage(bucket), aws_clients.queue(queues.results_url)
        log_file, room = folder / "log.jsonl", new_room(folder)
        status = await AttemptRunner(settings, storage=storage, queue=queue, log_file=log_file, room=room).run()
    received = await aws_clients.queue(queues.results_url).receive(10, 1, 30)
    messages = [parse_result_message(message.body) for message in received]
    return status, max((m for m in messages if isinstance(m, StatusMessage)), key=lambda message: message.seq)


async def test_attempt_of_an_export_reads_published_files_from_the_bucket_and_uploads_one(
    aws_clients: Aws, queues: Queues, bucket: str, tmp_path: Path
) -> None:
    published, storage = Bucket(tmp_path / "published"), aws_clients.storage(bucket)
    datasets = [published.publish(f"us/{name}", [address("1", "A", 1, 2)]) for name in ("x", "y")]
    for dataset in datasets:
        await storage.put_file(dataset["key"], published.folder / dataset["key"])
    body = plan("export", datasets, formats=["csv"])
    status, ended = await run(body, aws_clients, queues, bucket, folder=tmp_path)
    assert status == 0
    assert ended.status == "Success"
    assert ended.result is not None
    assert ended.result["count"] == 2
    assert ended.result["bounds"] == [1.0, 2.0, 1.0, 2.0]
    assert set(ended.result["outputs"]) == {"export.csv.gz", "ATTRIBUTION.txt", "plan.json", "manifest.json"}
    text = gzip.decompress(await storage.get_bytes("job/7/attempt-1/export.csv.gz") or b"").decode()
    assert len(text.splitlines()) == 3
    manifest = json.loads(await storage.get_bytes("job/7/attempt-1/manifest.json") or b"")
    assert [item["count"] for item in manifest["inputs"]] == [1, 1]


async def test_attempt_of_an_export_without_its_input_is_a_storage_failure(
    aws_clients: Aws, queues: Queues, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_fetcher, "DELAYS_S", (0.0, 0.0))
    dataset = Bucket(tmp_path / "published").publish("us/x", [address("1", "A", 1, 2)])
    body = plan("export", [dataset], formats=["csv"])
    status, ended = await run(body, aws_clients, queues, bucket, folder=tmp_path)
    assert status == 25
    assert ended.status == "Fail"
    assert (ended.error and ended.error["code"]) == "infra.storage"


async def test_attempt_of_an_invalid_plan_fails_with_its_code(
    aws_clients: Aws, queues: Queues, bucket: str, tmp_path: Path
) -> None:
    status, ended = await run(plan("fabric", []), aws_clients, queues, bucket, folder=tmp_path)
    assert status == 10
    assert ended.status == "Fail"
    assert (ended.error and ended.error["code"]) == "source.schema"
