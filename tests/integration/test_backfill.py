"""Backfills: jobs that add files to published results, by the API, and by real containers on real S3."""

import gzip
import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from oa_api.commands import backfill as command
from oa_api.commands.backfill import BackfillSettings
from oa_api.identity.principal import Principal
from oa_api.imports.job_rows import FilePlace
from oa_api.imports.obstacles import ObstacleError
from oa_api.jobs import publishing
from oa_api.jobs.results import apply_status
from oa_api.products import backfills
from oa_api.products.backfills import BackfillFilter, count_incomplete, start_backfills
from oa_api.products.builds import Requester
from oa_api.schedules.cleanup_task import CleanupTask
from oa_api.schedules.worker import schedule_once
from oa_local.postgres import Postgres
from oa_local.provision import Queues, create_bucket
from oa_shared.aws import Aws
from oa_shared.imported_files import imported_key
from oa_shared.messages import StatusMessage, parse_result_message
from oa_shared.roles import Role
from oa_shared.schedule_types import ScheduleType
from oa_shared.scheduling import Lane
from oa_shared.status import JobStatus
from oa_shared.tracing import new_traceparent
from oa_task.job.attempt import AttemptRunner
from oa_task.job.settings import JobSettings
from support.attempt_rooms import new_room
from support.openaddresses_batch.database import create_tables, insert, insert_jobs, job_row, polygon
from support.openaddresses_batch.importing import query, run_import
from support.product_jobs import end, files, publish, request
from support.running_api import INTERNAL, RunningApi

# Where `publish` of support/product_jobs.py puts its data: a result elsewhere would need review.
_PLACE = polygon(-97, 40, -96, 41)
_MADE = ("source.parquet", "source.pmtiles", "stats.json", "manifest.json")


@pytest.fixture
def theirs_url(postgres: Postgres) -> Iterator[str]:
    name = f"theirs_{uuid.uuid4().hex[:12]}"
    yield postgres.create(name)
    postgres.drop(name)


async def start(api: RunningApi, prefix: str = "us/x") -> list[int]:
    """Start the backfills of sources with a prefix, and return the jobs."""
    by = Principal("operator", None, "operator", Role.SERVICE)
    requester = Requester(by, Lane.WEEKLY, new_traceparent())
    return (await start_backfills(api.database, BackfillFilter(prefix), requester, limit=100)).jobs


async def result_of(api: RunningApi, job: int) -> dict[str, object]:
    return dict((await api.get(f"/api/job/{job}"))["result"])


async def test_backfill_adds_files_and_the_published_result_stays(database_url: str, api: RunningApi) -> None:
    job = await publish(api, "us/x", with_parquet=False)
    await publish(api, "us/y")
    before, webhooks = await api.get("/api/data"), await api.count("webhook_delivery")
    history = await api.count("publication")
    (backfill,) = await start(api)
    assert (await api.get(f"/api/run/{(await api.get(f'/api/job/{backfill}'))['run']}"))["lane"] == "weekly"
    made = {"bytes": 7, "sha256": "a" * 64}
    new = {"count": 1001, "fields": {"number": 5}, "built_from": made}
    outputs = files(backfill, *_MADE, "source.png")
    assert await end(api, backfill, result={**new, "outputs": outputs}) == "Success"
    after = await api.get("/api/data")
    for row, earlier in zip(after["data"], before["data"], strict=True):
        for name in ("id", "job", "attempt", "updated_at", "source_name"):
            assert row[name] == earlier[name], name
    result = await result_of(api, job)
    assert result["count"] == 1001
    found = result["outputs"]
    assert isinstance(found, dict)
    assert found["source.geojson.gz"]["key"] == f"job/{job}/attempt-1/source.geojson.gz"
    assert found["source.geojson.gz"]["sha256"] == made["sha256"]
    assert {found[name]["key"] for name in _MADE} == {f"job/{backfill}/attempt-1/{name}" for name in _MADE}
    tables = {"data": "job_id", "publication": "job_id", "job": "id"}
    for table, column in tables.items():
        ((copy,),) = query(database_url, f"SELECT result FROM {table} WHERE {column} = {job}")  # noqa: S608 - no input
        assert copy["outputs"] == found, table
    assert (await api.count("publication"), await api.count("webhook_delivery")) == (history, webhooks)
    assert await count_incomplete(api.database, BackfillFilter("us/x")) == 0


async def test_backfill_is_started_once_and_again_after_a_failure(database_url: str, api: RunningApi) -> None:
    await publish(api, "us/x", with_parquet=False)
    (first,) = await start(api)
    assert await start(api) == []
    error = {"code": "source.format", "message": "broken"}
    assert await end(api, first, status=JobStatus.FAIL, error=error) == "Fail"
    (second,) = await start(api)
    assert second > first


async def test_backfill_that_is_too_late_changes_no_newer_data(database_url: str, api: RunningApi) -> None:
    job = await publish(api, "us/x", with_parquet=False)
    (backfill,) = await start(api)
    newer = await publish(api, "us/x")
    published = await api.get("/api/data")
    assert await end(api, backfill, result={"count": 1, "outputs": files(backfill, *_MADE)}) == "Success"
    assert (await api.get("/api/data"))["data"] == published["data"]
    assert published["data"][0]["job"] == newer
    assert "source.parquet" in (await result_of(api, job))["outputs"]  # type: ignore[operator]


@pytest.mark.parametrize("point", ["backfill.half", "backfill.after"])
async def test_backfill_that_breaks_changes_nothing_and_the_next_message_all(
    database_url: str, api: RunningApi, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    job = await publish(api, "us/x", with_parquet=False)
    (backfill,) = await start(api)
    before = await result_of(api, job)

    def break_at(name: str) -> None:
        if name == point:
            raise RuntimeError(name)

    result = {"count": 1000, "outputs": files(backfill, *_MADE)}
    with monkeypatch.context() as patched:
        patched.setattr(publishing, "fault_point", break_at)
        with pytest.raises(RuntimeError):
            await end(api, backfill, result=result)
    assert await result_of(api, job) == before
    assert await end(api, backfill, result=result) == "Success"
    assert "source.parquet" in (await result_of(api, job))["outputs"]  # type: ignore[operator]


async def test_backfills_that_break_at_their_start_leave_no_job(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish(api, "us/x", with_parquet=False)

    def break_at(name: str) -> None:
        assert name == "backfill.started"
        raise RuntimeError(name)

    with monkeypatch.context() as patched:
        patched.setattr(backfills, "fault_point", break_at)
        with pytest.raises(RuntimeError):
            await start(api)
    assert await api.database.all("SELECT id FROM job WHERE kind = 'backfill'", into=int) == []
    assert len(await start(api)) == 1


async def clean(api: RunningApi) -> set[tuple[int, int]]:
    """Clean up as if a thousand days had passed; return the attempts whose files are deleted."""
    database = api.database
    for table, column in (("job_attempt", "ended_at"), ("publication", "published_at")):
        await database.execute(f"UPDATE {table} SET {column} = {column} - interval '1000 days'")  # noqa: S608 - no input
    await api.client.post("/api/cleanup", json={"dry_run": False}, headers=INTERNAL)
    assert await schedule_once(database, {ScheduleType.CLEANUP: CleanupTask(database, api.storage)})
    rows = await database.all("SELECT job_id, attempt FROM file_deletion WHERE part = 'files'")
    return {(row["job_id"], row["attempt"]) for row in rows}


async def test_files_of_a_backfill_are_kept_with_the_result_and_deleted_after_it(
    database_url: str, api: RunningApi
) -> None:
    job = await publish(api, "us/x", with_parquet=False)
    (backfill,) = await start(api)
    await end(api, backfill, result={"count": 1000, "outputs": files(backfill, *_MADE)})
    await publish(api, "us/y")
    assert await clean(api) == set()
    for _ in range(5):
        await publish(api, "us/x")
    assert (job, 1) in await clean(api)
    await api.database.execute("DELETE FROM schedule_run")
    assert (backfill, 1) in await clean(api)


async def test_retention_leaves_files_of_another_system_alone(
    database_url: str, theirs_url: str, api: RunningApi
) -> None:
    create_tables(theirs_url)
    insert(theirs_url, "runs", "id, live", [(1, True), (2, False)])
    jobs = [job_row(job, 1, "us/a", "addresses", "city") for job in range(1, 9)]
    insert_jobs(theirs_url, [*jobs, job_row(9, 2, "us/b", "addresses", "city")])
    insert(theirs_url, "results", "id, source, layer, name, job", [(1, "us/a", "addresses", "city", 8)])
    await run_import(database_url, theirs_url)
    assert await clean(api) == set()


async def test_command_starts_run_by_run_and_waits_for_the_end_of_an_import(
    database_url: str, theirs_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    create_tables(theirs_url)
    insert(theirs_url, "runs", "id, live", [(1, True)])
    insert_jobs(theirs_url, [job_row(job, 1, f"us/{job}", "addresses", "city") for job in range(1, 6)])
    rows = [(job, f"us/{job}", "addresses", "city", job) for job in range(1, 6)]
    insert(theirs_url, "results", "id, source, layer, name, job", rows)
    await run_import(database_url, theirs_url)
    monkeypatch.setattr(command, "RUN_JOBS", 2)
    for arguments, started, remaining in ((["--dry-run"], 0, 5), (["--limit", "1"], 1, 4), ([], 4, 0)):
        await command.run_backfill_command(BackfillSettings(database_url), [*arguments, "--json"])
        printed = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert printed == {"started": started, "remaining": remaining}
    assert query(database_url, "SELECT count(*) FROM run WHERE lane = 'weekly' AND NOT live") == [(3,)]
    query(database_url, "INSERT INTO import (system, bucket, folder, counts_before) VALUES ('x', 'b', 'f', '{}')")
    with pytest.raises(ObstacleError):
        await command.run_backfill_command(BackfillSettings(database_url), [])


async def run_attempt(api: RunningApi, clients: Aws, queues: Queues, bucket: str, *, job: int, folder: Path) -> str:
    """Run the attempt of a job as its container does, apply its messages, and return the status of the job."""
    row = await api.get(f"/api/job/{job}", **INTERNAL)
    (folder / "log.jsonl").write_text("")
    settings = JobSettings(
        job=job,
        attempt=row["attempt"],
        token=row["token"],
        layer=row["layer"],
        name=row["name"],
        source_name=row["source_name"],
        kind=row["kind"],
        api_url=str(api.client.make_url("")),
        bucket=bucket,
        results_queue_url=queues.results_url,
    )
    storage, queue = clients.storage(bucket), clients.queue(queues.results_url)
    await AttemptRunner(
        settings, storage=storage, queue=queue, log_file=folder / "log.jsonl", room=new_room(folder)
    ).run()
    received = [parse_result_message(item.body) for item in await queue.receive(10, 1, 30)]
    for message in sorted((m for m in received if isinstance(m, StatusMessage)), key=lambda message: message.seq):
        await api.database.run(lambda transaction, message=message: apply_status(transaction, message))
    return str((await api.get(f"/api/job/{job}"))["status"])


async def test_imported_data_is_backfilled_from_its_bucket_and_joins_a_collection_with_new_data(  # noqa: PLR0917 - fixtures
    database_url: str,
    theirs_url: str,
    on_aws: RunningApi,
    aws_clients: Aws,
    aws: dict[str, str],
    queues: Queues,
    bucket: str,
    tmp_path: Path,
) -> None:
    """Import, then a live run on top, then a backfill by a real container, then a collection by a real container."""
    api, their_bucket = on_aws, create_bucket(aws, f"theirs-{uuid.uuid4().hex[:8]}")
    place = FilePlace(their_bucket, "batch-prod")
    create_tables(theirs_url)
    insert(theirs_url, "runs", "id, live", [(700, True)])
    sources = {900: ("us/a", 3), 901: ("us/b", 2)}
    for job, (source, count) in sources.items():
        insert_jobs(theirs_url, [job_row(job, 700, source, "addresses", "city", count=count, bounds=_PLACE)])
        body = gzip.compress("".join(their_line(number) for number in range(count)).encode())
        await aws_clients.storage(their_bucket).put_bytes(f"batch-prod/job/{job}/source.geojson.gz", body)
        query(theirs_url, f"UPDATE job SET size = {len(body)} WHERE id = {job}")  # noqa: S608 - no input
    rows = [(job - 800, source, "addresses", "city", job) for job, (source, _) in sources.items()]
    insert(theirs_url, "results", "id, source, layer, name, job", rows)
    await run_import(database_url, theirs_url, place=place)
    response = await api.client.get("/api/job/900/output/source.geojson.gz", allow_redirects=False)
    assert f"/{their_bucket}/batch-prod/job/900/source.geojson.gz" in response.headers["Location"]

    live = await publish(api, "us/b")
    assert live > 901
    published = {row["source_name"]: row["job"] for row in (await api.get("/api/data"))["data"]}
    assert published == {"us/a": 900, "us/b": live}

    (backfill,) = await start(api, "us/a")
    status = await run_attempt(api, aws_clients, queues, bucket, job=backfill, folder=tmp_path)
    assert status == "Success", await api.get(f"/api/job/{backfill}")
    result = await result_of(api, 900)
    assert (result["count"], result["valid"]) == (3, 2)
    outputs = result["outputs"]
    assert isinstance(outputs, dict)
    assert outputs["source.geojson.gz"]["key"] == imported_key(their_bucket, "batch-prod/job/900/source.geojson.gz")
    assert outputs["source.pmtiles"]["key"].startswith(f"job/{backfill}/attempt-1/")
    assert {row["source_name"]: row["job"] for row in (await api.get("/api/data"))["data"]} == published

    new = {"name": "all", "display_name": "All", "sources": ["us/a"], "formats": ["geojson", "parquet"]}
    _, collection = await request(api, "POST", "/api/collections", new)
    _, started = await request(api, "POST", f"/api/collections/{collection['id']}/build", {})
    assert (started["inputs"], started["features"]) == (1, 3)
    status = await run_attempt(api, aws_clients, queues, bucket, job=started["job"], folder=tmp_path)
    assert status == "Success", await api.get(f"/api/job/{started['job']}")
    built = await api.get(f"/api/collections/{collection['id']}")
    assert built["count"] == 3
    assert {"collection.geojson.zip", "collection.parquet.zip"} <= {file["name"] for file in built["files"]}


def their_line(number: int) -> str:
    """Return a feature as openaddresses/batch writes one; the first has no house number, so it is not valid."""
    properties = {"hash": f"{number:016x}", "number": str(number or ""), "street": "Main St", "city": "", "id": ""}
    geometry = {"type": "Point", "coordinates": [-120.5 + number / 1000, 38.5]}
    return json.dumps({"type": "Feature", "properties": properties, "geometry": geometry}) + "\n"
