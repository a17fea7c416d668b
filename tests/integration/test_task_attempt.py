"""An attempt against real S3 and SQS: one claim, one report, and its result object on S3."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_local.provision import Queues
from oa_shared.aws import Aws
from oa_shared.aws.s3 import S3Storage
from oa_shared.claim import claim
from oa_shared.download_names import download_name
from oa_shared.messages import StatusMessage, parse_result_message
from oa_shared.proposal_request import ENTRY_NAME, ProposalRequest
from oa_shared.storage import StorageUnavailableError
from oa_task.job.attempt import AttemptRunner
from oa_task.job.settings import JobSettings
from support.attempt_rooms import new_room

CSV = "NO,ST,X,Y\n1,Main,-100,40\n"
POINT = (
    '<Placemark><ExtendedData><Data name="NO"><value>1</value></Data><Data name="ST"><value>Main</value></Data>'
    "</ExtendedData><Point><coordinates>-100,40</coordinates></Point></Placemark>"
)
# A warning names the layers that are not read, whose names are as long as the data has them.
KML = (
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    f"<Folder><name>A</name>{POINT}</Folder><Folder><name>{'x' * 70_000}</name>{POINT}</Folder></Document></kml>"
)
_PROPOSING = "8"
_TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def site() -> AsyncIterator[TestServer]:
    async def raw(request: web.Request) -> web.Response:
        conform = {"format": "csv", "number": "NO", "street": "ST", "lon": "X", "lat": "Y"}
        data = str(request.url.with_path("/data.csv"))
        if request.match_info["job"] == _PROPOSING:
            return web.Response(text=ProposalRequest(data).as_text(), content_type="application/json")
        entries = [
            {"name": "good", "data": data, "protocol": "http", "conform": conform},
            {"name": "bad", "data": data.replace("data", "gone"), "protocol": "http", "conform": conform},
        ]
        layers = {"format": "xml", "number": "NO", "street": "ST"}
        entries.append(
            {"name": "wordy", "data": data.replace("csv", "kml"), "protocol": "http", "conform": layers},
        )
        return web.json_response({"schema": 2, "coverage": {}, "layers": {"addresses": entries}})

    async def csv(_request: web.Request) -> web.Response:
        return web.Response(text=CSV)

    app = web.Application()
    app.router.add_get("/api/job/{job}/raw", raw)

    async def kml(_request: web.Request) -> web.Response:
        return web.Response(text=KML)

    app.router.add_get("/data.csv", csv)
    app.router.add_get("/data.kml", kml)
    async with TestServer(app, host="127.0.0.1") as server:
        yield server


def make_attempt(
    aws_clients: Aws,
    site: TestServer,
    queues: Queues,
    bucket: str,
    tmp_path: Path,
    *,
    name: str = "good",
    sample: int = 0,
    job: int = 7,
    **more: Any,
) -> AttemptRunner:
    settings = JobSettings(
        job=job,
        attempt=1,
        token=_TOKEN,
        layer="addresses",
        name=name,
        api_url=str(site.make_url("")),
        bucket=bucket,
        results_queue_url=queues.results_url,
        allowed_hosts=("127.0.0.1",),
        sample=sample,
    )
    log_file = tmp_path / "log.jsonl"
    log_file.write_text('{"event": "started"}\n')
    queue = aws_clients.queue(queues.results_url)
    storage = aws_clients.storage(bucket)
    return AttemptRunner(settings, storage=storage, queue=queue, log_file=log_file, room=new_room(tmp_path), **more)


async def sent_messages(aws_clients: Aws, queues: Queues) -> list[StatusMessage]:
    received = await aws_clients.queue(queues.results_url).receive(10, 1, 30)
    messages = [parse_result_message(message.body) for message in received]
    return sorted((m for m in messages if isinstance(m, StatusMessage)), key=lambda message: message.seq)


async def test_attempt_success_uploads_all_files_and_reports_success(
    aws_clients: Aws, site: TestServer, queues: Queues, bucket: str, tmp_path: Path
) -> None:
    assert await make_attempt(aws_clients, site, queues, bucket, tmp_path).run() == 0
    messages = await sent_messages(aws_clients, queues)
    assert [message.status for message in messages if message.progress is None] == ["Running", "Success"]
    assert [message.seq for message in messages] == list(range(1, len(messages) + 1))
    result: dict[str, Any] = messages[-1].result or {}
    assert result["count"] == 1
    storage = aws_clients.storage(bucket)
    for name, about in result["outputs"].items():
        found = await storage.head(f"job/7/attempt-1/{name}")
        assert found is not None
        assert found.size_bytes == about["bytes"]
        assert f'filename="{download_name(name, "addresses", "good")}"' in (found.disposition or "")
    left = await storage.get_bytes("job/7/attempt-1/result.json")
    assert json.loads(left or b"")["status"] == "Success"
    assert await storage.get_bytes("job/7/attempt-1/log.jsonl") is not None


async def test_attempt_second_container_exits_without_messages(
    aws_clients: Aws, site: TestServer, queues: Queues, bucket: str, tmp_path: Path
) -> None:
    await make_attempt(aws_clients, site, queues, bucket, tmp_path).run()
    await sent_messages(aws_clients, queues)
    assert await make_attempt(aws_clients, site, queues, bucket, tmp_path).run() == 0
    assert await sent_messages(aws_clients, queues) == []


async def test_attempt_bad_source_reports_the_code_and_exits_with_its_status(
    aws_clients: Aws, site: TestServer, queues: Queues, bucket: str, tmp_path: Path
) -> None:
    assert await make_attempt(aws_clients, site, queues, bucket, tmp_path, name="bad").run() == 11
    messages = await sent_messages(aws_clients, queues)
    assert [message.status for message in messages] == ["Running", "Fail"]
    assert (messages[-1].error or {})["code"] == "source.not_found"
    assert await aws_clients.storage(bucket).get_bytes("job/7/attempt-1/manifest.json") is None


async def test_attempt_second_try_of_batch_inherits_only_the_claim_of_its_own_job(
    aws_clients: Aws, site: TestServer, queues: Queues, bucket: str, tmp_path: Path
) -> None:
    await aws_clients.storage(bucket).put_new("job/7/attempt-1/claim.json", claim("batch-1", "a machine that is gone"))
    for container in ("batch-2", "batch-1"):
        assert not await sent_messages(aws_clients, queues)
        assert (
            await make_attempt(aws_clients, site, queues, bucket, tmp_path, container=container, batch_try=2).run() == 0
        )
    numbers = [message.seq for message in await sent_messages(aws_clients, queues)]
    assert len(numbers) > 1
    assert min(numbers) > 1_000_000


async def test_attempt_second_container_replaces_no_file_of_the_first(
    aws_clients: Aws, site: TestServer, queues: Queues, bucket: str, tmp_path: Path
) -> None:
    storage = aws_clients.storage(bucket)
    await storage.put_bytes("job/7/attempt-1/source.geojson.gz", b"published")
    assert await make_attempt(aws_clients, site, queues, bucket, tmp_path).run() == 25
    *_, last = await sent_messages(aws_clients, queues)
    assert (last.status, (last.error or {})["code"]) == ("Fail", "infra.storage")
    assert await storage.get_bytes("job/7/attempt-1/source.geojson.gz") == b"published"


async def test_attempt_second_container_reports_the_outcome_of_the_first(
    aws_clients: Aws, site: TestServer, queues: Queues, bucket: str, tmp_path: Path
) -> None:
    assert await make_attempt(aws_clients, site, queues, bucket, tmp_path, container="batch-1").run() == 0
    *_, first = await sent_messages(aws_clients, queues)
    again = make_attempt(aws_clients, site, queues, bucket, tmp_path, container="batch-1", batch_try=2)
    assert await again.run() == 0
    *_, second = await sent_messages(aws_clients, queues)
    assert (second.status, second.result, second.error) == ("Success", first.result, None)
    assert second.seq > first.seq


async def test_attempt_of_a_sample_reports_filled_fields_and_writes_no_data(
    aws_clients: Aws, site: TestServer, queues: Queues, bucket: str, tmp_path: Path
) -> None:
    assert await make_attempt(aws_clients, site, queues, bucket, tmp_path, sample=5).run() == 0
    ended = (await sent_messages(aws_clients, queues))[-1]
    assert ended.status == "Success"
    assert ended.result is not None
    assert ended.result["count"] == 1
    assert ended.result["sample"] is True
    assert ended.result["without_geometry"] == 0
    assert {name for name, filled in ended.result["fields"].items() if filled} == {"number", "street"}
    assert set(ended.result["outputs"]) == {"sample.json", "manifest.json"}
    rows = json.loads(await aws_clients.storage(bucket).get_bytes("job/7/attempt-1/sample.json") or b"{}")["rows"]
    assert rows[0]["raw"]["ST"] == "Main"


async def test_attempt_that_proposes_stores_the_proposal_next_to_the_sample(
    aws_clients: Aws, site: TestServer, queues: Queues, bucket: str, tmp_path: Path
) -> None:
    attempt = make_attempt(aws_clients, site, queues, bucket, tmp_path, name=ENTRY_NAME, sample=5, job=int(_PROPOSING))
    assert await attempt.run() == 0
    ended = (await sent_messages(aws_clients, queues))[-1]
    assert ended.status == "Success"
    result: dict[str, Any] = ended.result or {}
    assert (result["sample"], result["proposal"], result["count"]) == (True, True, 1)
    assert set(result["outputs"]) == {"proposal.json", "sample.json", "manifest.json"}
    assert any("license" in remark for remark in result["warnings"])
    stored = await aws_clients.storage(bucket).get_bytes(f"job/{_PROPOSING}/attempt-1/proposal.json")
    (entry,) = json.loads(stored or b"{}")["definition"]["layers"]["addresses"]
    assert (entry["conform"]["number"], entry["conform"]["street"]) == ("NO", "ST")


async def test_attempt_of_a_sample_fails_like_the_full_job(
    aws_clients: Aws, site: TestServer, queues: Queues, bucket: str, tmp_path: Path
) -> None:
    assert await make_attempt(aws_clients, site, queues, bucket, tmp_path, name="bad", sample=5).run() == 11
    ended = (await sent_messages(aws_clients, queues))[-1]
    assert ended.status == "Fail"
    assert (ended.error and ended.error["code"]) == "source.not_found"


@pytest.fixture
def large_result(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> int:
    """Give each result more values than the queue takes, past the bounds on warnings."""
    count = int(request.param)
    monkeypatch.setattr(
        "oa_task.job.attempt.summarize", lambda report: {**report, "extra": {f"f{n}": n for n in range(count)}}
    )
    return count


@pytest.mark.parametrize("large_result", [10_000], indirect=True)
async def test_attempt_with_a_result_too_large_for_the_queue_leaves_it_on_s3(
    *, aws_clients: Aws, site: TestServer, queues: Queues, bucket: str, tmp_path: Path, large_result: int
) -> None:
    assert await make_attempt(aws_clients, site, queues, bucket, tmp_path).run() == 0
    *_, last = await sent_messages(aws_clients, queues)
    assert (last.status, last.result, last.result_stored) == ("Success", None, True)
    stored = json.loads(await aws_clients.storage(bucket).get_bytes("job/7/attempt-1/result.json") or b"")
    assert (stored["seq"], len(stored["result"]["extra"])) == (last.seq, large_result)


@pytest.mark.parametrize("large_result", [100_000], indirect=True)
async def test_attempt_with_a_result_too_large_for_s3_fails_with_a_code(
    *, aws_clients: Aws, site: TestServer, queues: Queues, bucket: str, tmp_path: Path, large_result: int
) -> None:
    assert large_result
    assert await make_attempt(aws_clients, site, queues, bucket, tmp_path).run() == 25
    *_, last = await sent_messages(aws_clients, queues)
    assert last.status == "Fail"
    assert (last.error or {})["code"] == "infra.undeliverable"
    assert "the limit is 1048576" in (last.error or {})["message"]


@pytest.mark.parametrize("large_result", [10_000], indirect=True)
async def test_attempt_with_a_large_result_that_s3_does_not_take_fails_with_a_code(
    *,
    aws_clients: Aws,
    site: TestServer,
    queues: Queues,
    bucket: str,
    tmp_path: Path,
    large_result: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert large_result
    attempt = make_attempt(aws_clients, site, queues, bucket, tmp_path)
    put_new = S3Storage.put_new

    async def put_all_but_results(self: S3Storage, key: str, *more: Any) -> bool:
        if key.endswith("result.json"):
            raise StorageUnavailableError("away")
        return await put_new(self, key, *more)

    monkeypatch.setattr(S3Storage, "put_new", put_all_but_results)
    assert await attempt.run() == 25
    *_, last = await sent_messages(aws_clients, queues)
    assert (last.status, (last.error or {})["code"]) == ("Fail", "infra.storage")


async def test_attempt_with_warnings_of_any_length_reports_success(
    aws_clients: Aws, site: TestServer, queues: Queues, bucket: str, tmp_path: Path
) -> None:
    assert await make_attempt(aws_clients, site, queues, bucket, tmp_path, name="wordy").run() == 0
    *_, last = await sent_messages(aws_clients, queues)
    result: dict[str, Any] = last.result or {}
    assert last.status == "Success"
    assert not last.result_stored
    assert max(map(len, result["warnings"])) <= 400
    stats = await aws_clients.storage(bucket).get_bytes("job/7/attempt-1/stats.json") or b""
    assert max(map(len, json.loads(stats)["warnings"])) > 70_000
