"""`oa-api import openaddresses-batch`: rows of that system, made up after its public migrations."""

import asyncio
import json
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oa_api import startup
from oa_api.background.process_state import ProcessState
from oa_api.commands import import_rows as command
from oa_api.db.database import Database
from oa_api.imports import batches
from oa_api.imports.importer import ImportRefusedError
from oa_api.imports.job_rows import FAILED_THERE
from oa_api.imports.obstacles import find_obstacle
from oa_api.imports.their_database import ForeignSchemaError
from oa_local.postgres import Postgres
from support.databases import Databases
from support.openaddresses_batch.database import (
    COMMIT,
    create_tables,
    insert,
    insert_jobs,
    job_row,
    make_world,
    polygon,
)
from support.openaddresses_batch.importing import PLACE, import_until, query, run_import, written_rows
from support.product_jobs import publish
from support.running_api import INTERNAL, as_service, running_api

_KILLED = -9


@pytest.fixture
def theirs_url(postgres: Postgres) -> Iterator[str]:
    name = f"theirs_{uuid.uuid4().hex[:12]}"
    yield postgres.create(name)
    postgres.drop(name)


@pytest.fixture(scope="module")
def world_url(postgres: Postgres) -> Iterator[str]:
    """A small database of theirs that tests only read."""
    name = f"theirs_{uuid.uuid4().hex[:12]}"
    url = postgres.create(name)
    make_world(url, datasets=60, rounds=3)
    yield url
    postgres.drop(name)


@pytest.fixture(scope="module")
def uninterrupted(databases: Databases, world_url: str) -> dict[str, list[object]]:
    """What one import without interruptions writes of that database."""
    with lent(databases) as url:
        asyncio.run(run_import(url, world_url))
        return written_rows(url)


@contextmanager
def lent(databases: Databases) -> Iterator[str]:
    """Yield the URL of a migrated database without other rows."""
    name = databases.lend()
    yield databases.server.url(name)
    databases.take_back(name)


@pytest.mark.slow
async def test_import_of_5000_datasets_killed_and_repeated_has_every_row_once(
    database_url: str, theirs_url: str, tmp_path: Path
) -> None:
    world = make_world(theirs_url, datasets=5000, rounds=1)
    status = await import_until("import.job.written", tmp_path, database_url, theirs_url, batch_rows=1000)
    assert status == _KILLED
    report = await run_import(database_url, theirs_url, batch_rows=1000)
    lines = {str(line["step"]): line for line in report.lines()}
    for step, count in world.counts.items():
        assert (lines[step]["there"], lines[step]["read"], lines[step]["inserted"]) == (count, count, count), step
        assert (lines[step]["before"], lines[step]["after"], lines[step]["left_out"]) == (0, count, 0), step
    assert query(database_url, "SELECT id, job_id FROM data ORDER BY id") == sorted(world.published.items())
    first = written_rows(database_url)
    again = await run_import(database_url, theirs_url, batch_rows=1000)
    assert written_rows(database_url) == first
    assert {step.inserted + step.updated + step.left_out for step in again.steps} == {0}
    assert {step.read_rows - step.unchanged for step in again.steps} == {0}


@pytest.mark.parametrize(
    "fault",
    [
        *("account.written", "job.written", "job.committed"),
        *("data.written", "publication.written", "end.before", "end.written"),
    ],
)
async def test_import_killed_anywhere_and_resumed_equals_an_uninterrupted_one(
    databases: Databases, world_url: str, uninterrupted: dict[str, list[object]], tmp_path: Path, fault: str
) -> None:
    with lent(databases) as url:
        assert await import_until(f"import.{fault}", tmp_path, url, world_url, batch_rows=50) == _KILLED
        assert "oa-api import" in await obstacle_of(url)
        await run_import(url, world_url, batch_rows=70)
        assert await obstacle_of(url) == ""
        assert written_rows(url) == uninterrupted


class _StopError(Exception):
    """Interrupts an import."""


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_import_interrupted_at_any_batches_and_resumed_equals_an_uninterrupted_one(
    databases: Databases,
    world_url: str,
    uninterrupted: dict[str, list[object]],
    monkeypatch: pytest.MonkeyPatch,
    data: st.DataObject,
) -> None:
    stops = data.draw(st.lists(st.integers(1, 25), min_size=1, max_size=3), label="fault points before each stop")
    batch_rows = data.draw(st.integers(7, 90), label="rows of a batch")

    def stop_after(calls: int) -> Callable[[str], None]:
        remaining = iter(range(calls))

        def fault_point(_name: str) -> None:
            if next(remaining, None) is None:
                raise _StopError

        return fault_point

    with lent(databases) as url:
        for calls in stops:
            monkeypatch.setattr(batches, "fault_point", stop_after(calls))
            with suppress(_StopError):
                asyncio.run(run_import(url, world_url, batch_rows=batch_rows))
        monkeypatch.setattr(batches, "fault_point", lambda _name: None)
        asyncio.run(run_import(url, world_url, batch_rows=batch_rows + 1))
        assert written_rows(url) == uninterrupted


async def obstacle_of(database_url: str) -> str:
    """Return what keeps a process from serving, as the user of the services finds it."""
    database = await Database.open(as_service(database_url), connections=1)
    try:
        return await find_obstacle(database)
    finally:
        await database.close()


async def test_ids_above_their_sequence_keep_the_api_from_serving_until_they_are_raised(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_api(database_url) as api:
        assert (await api.get("/ready"))["status"] == "ready"
        query(database_url, "INSERT INTO run (id) OVERRIDING SYSTEM VALUE VALUES (500)")
        ready = await api.get("/ready")
        assert ready["status"] == "unready"
        assert "run has ID 500" in ready["reason"]
        await command.run_raise_ids(command.ImportSettings(database_url))
        assert "run: the next ID is 501, not 1" in capsys.readouterr().out
        assert (await api.get("/ready"))["status"] == "ready"
        assert await api.run() == 501


async def test_process_does_not_begin_to_serve_during_an_import(database_url: str) -> None:
    query(database_url, "INSERT INTO import (system, bucket, folder, counts_before) VALUES ('x', 'b', 'f', '{}')")
    process, stop = ProcessState(waiting_for="the database"), asyncio.Event()
    database = await Database.open(as_service(database_url), connections=1)
    waiting = asyncio.create_task(startup.wait_for("import", partial(startup.check_obstacles, database, process), stop))
    while "import 1 of x" not in process.waiting_for:  # noqa: ASYNC110 - the process has no event for it
        await asyncio.sleep(0.01)
    assert not waiting.done()
    query(database_url, "UPDATE import SET ended_at = now()")
    assert await waiting
    assert process.unready_reason() == ""
    await database.close()


async def test_import_refuses_while_a_process_of_the_api_runs(database_url: str, theirs_url: str) -> None:
    create_tables(theirs_url)
    query(database_url, "INSERT INTO process_heartbeat VALUES ('api/host', 'api', '1', now())")
    with pytest.raises(ImportRefusedError, match="api/host"):
        await run_import(database_url, theirs_url)
    query(database_url, "UPDATE process_heartbeat SET reported_at = now() - interval '5 minutes'")
    await run_import(database_url, theirs_url)


async def test_import_of_another_database_is_refused(database_url: str, theirs_url: str) -> None:
    with pytest.raises(ForeignSchemaError, match="users"):
        await run_import(database_url, theirs_url)
    assert query(database_url, "SELECT FROM import") == []


async def test_unfinished_import_of_another_bucket_is_not_resumed(database_url: str, world_url: str) -> None:
    query(database_url, "INSERT INTO import (system, bucket, folder, counts_before) VALUES ('x', 'b', 'f', '{}')")
    with pytest.raises(ImportRefusedError, match="import 1 of x from b/f"):
        await run_import(database_url, world_url)


async def test_dry_run_reports_what_an_import_does_and_writes_nothing(database_url: str, world_url: str) -> None:
    before = written_rows(database_url)
    dry = await run_import(database_url, world_url, is_dry_run=True)
    assert written_rows(database_url) == before
    assert query(database_url, "SELECT FROM import") == []
    real = await run_import(database_url, world_url)
    assert [step.inserted for step in dry.steps] == [step.inserted for step in real.steps]
    assert dry.findings == real.findings


async def test_rows_that_do_not_fit_are_left_out_with_their_reason(
    database_url: str, theirs_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create_tables(theirs_url)
    insert(theirs_url, "runs", "id, live", [(1, True), (7, True)])
    bad_bounds = "0101000020E6100000"
    jobs = [
        job_row(1, 1, "us/a", "addresses", "city"),
        job_row(2, 1, "us/a", "trees", "city"),
        job_row(3, 99, "us/a", "addresses", "city"),
        job_row(4, 1, "us/b", "addresses", "city", status="Odd"),
        job_row(5, 1, "us/c", "addresses", "n" * 201),
        job_row(6, 1, "us/d", "addresses", "city", bounds=bad_bounds, license="{", output=None, created=None),
        job_row(7, 1, "us/e", "addresses", "city", status="Fail"),
        job_row(8, 7, "us/f", "addresses", "city"),
    ]
    insert_jobs(theirs_url, jobs)
    rows = [
        (1, "us/a", "addresses", "city", 1),
        (2, "us/a", "addresses", "city", None),
        (3, "us/e", "addresses", "city", 7),
    ]
    insert(theirs_url, "results", "id, source, layer, name, job", [*rows, (4, "us/f", "addresses", "city", 8)])
    insert(theirs_url, "collections", "id, name, sources", [(1, "Big One", ["**"]), (2, "none", [])])
    insert(theirs_url, "users_tokens", "id, token, uid", [(1, "oa." + "0" * 64, 5), (2, "short", None)])
    query(database_url, "INSERT INTO run (id) OVERRIDING SYSTEM VALUE VALUES (7)")
    report_file = tmp_path / "findings.jsonl"
    settings_ = command.ImportSettings(database_url)
    arguments = ["openaddresses-batch", "--dsn", theirs_url, "--bucket", "b", "--report", str(report_file), "--json"]
    assert not await command.run_import_command(settings_, arguments)
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])
    found = {(line["step"], line["id"]): line for line in map(json.loads, report_file.read_text().splitlines())}
    left_out = {key: line["reason"] for key, line in found.items() if line["outcome"] == "left_out"}
    expected = {
        ("run", 7): "its ID is in use by a run of this system",
        ("job", 2): "layer 'trees'",
        ("job", 3): "its run 99 is not imported",
        ("job", 4): "status 'Odd'",
        ("job", 5): "201 characters",
        ("job", 8): "its run 7 is not imported",
        ("data", 2): "newer row has the same source",
        ("data", 3): "its job 7 has no result",
        ("data", 4): "its job 8 is not imported",
        ("publication", 7): "its dataset 3 is not imported",
        ("publication", 8): "its dataset 4 is not imported",
        ("collection", 1): "'Big One'",
        ("collection", 2): "0 usable globs",
        ("token", 1): "its user does not exist",
        ("token", 2): "its user does not exist",
    }
    assert left_out.keys() == expected.keys()
    for key, reason in expected.items():
        assert reason in left_out[key], (key, left_out[key])
    assert printed["findings"] == len(report_file.read_text().splitlines())
    assert sum(line["left_out"] for line in printed["steps"]) == len(expected)
    assert query(database_url, "SELECT created_at::date::text, result -> 'bounds' FROM job WHERE id = 6") == [
        ("1970-01-01", None)
    ]


async def test_job_that_ends_there_later_ends_here_by_the_next_import(database_url: str, theirs_url: str) -> None:
    create_tables(theirs_url)
    insert(theirs_url, "runs", "id, live", [(1, True)])
    insert_jobs(theirs_url, [job_row(5, 1, "us/a", "addresses", "city", status="Running")])
    await run_import(database_url, theirs_url)
    status = "SELECT status FROM job UNION ALL SELECT status FROM job_attempt"
    assert query(database_url, status) == [("Canceled",), ("Canceled",)]
    query(theirs_url, "DELETE FROM job")
    insert_jobs(theirs_url, [job_row(5, 1, "us/a", "addresses", "city")])
    insert(theirs_url, "results", "id, source, layer, name, job", [(3, "us/a", "addresses", "city", 5)])
    await run_import(database_url, theirs_url)
    assert query(database_url, status) == [("Success",), ("Success",)]
    assert query(database_url, "SELECT id, job_id, result ->> 'count' FROM data") == [(3, 5, "10")]
    insert_jobs(theirs_url, [job_row(9, 1, "us/a", "addresses", "city", count=12)])
    query(theirs_url, "UPDATE results SET job = 9")
    await run_import(database_url, theirs_url)
    assert query(database_url, "SELECT id, job_id, result ->> 'count' FROM data") == [(3, 9, "12")]
    assert query(database_url, "SELECT job_id FROM publication ORDER BY id") == [(5,), (9,)]


async def test_data_that_this_system_has_published_since_stays(database_url: str, theirs_url: str) -> None:
    create_tables(theirs_url)
    insert(theirs_url, "runs", "id, live", [(1, True)])
    place = polygon(-97, 40, -96, 41)
    insert_jobs(theirs_url, [job_row(5, 1, "us/a", "addresses", "city", bounds=place)])
    insert(theirs_url, "results", "id, source, layer, name, job", [(3, "us/a", "addresses", "city", 5)])
    await run_import(database_url, theirs_url)
    async with running_api(database_url) as api:
        own = await publish(api, "us/a")
    insert_jobs(theirs_url, [job_row(900, 1, "us/a", "addresses", "city")])
    query(theirs_url, "UPDATE results SET job = 900")
    report = await run_import(database_url, theirs_url)
    assert query(database_url, "SELECT id, job_id FROM data") == [(3, own)]
    assert [(row.step, row.row_id) for row in report.findings] == [("data", 3), ("publication", 900)]
    assert all(f"job {own} has published" in row.reason for row in report.findings)
    assert query(database_url, "SELECT job_id FROM publication ORDER BY id") == [(5,), (own,)]
    assert await obstacle_of(database_url) == ""


async def test_imported_rows_look_and_work_like_those_of_this_system(database_url: str, world_url: str) -> None:
    await run_import(database_url, world_url)
    async with running_api(database_url) as api:
        data = (await api.get("/api/data?limit=1"))["data"][0]
        job = await api.get(f"/api/job/{data['job']}")
        assert job["status"] == "Success"
        outputs = dict(query(database_url, "SELECT job_id, result -> 'outputs' FROM data"))
        key = outputs[data["job"]]["source.geojson.gz"]["key"]
        assert key == f"imported/{PLACE.bucket}/{PLACE.folder}/job/{data['job']}/source.geojson.gz"
        await api.storage.put_bytes(key, b"lines")
        response = await api.client.get(f"/api/job/{data['job']}/output/source.geojson.gz")
        assert await response.read() == b"lines"
        history = await api.get(f"/api/data/{data['id']}/history")
        assert history["total"] >= 1
        failed = (await api.get("/api/job?status=Fail&limit=1"))["jobs"][0]
        assert failed["error"]["code"] == FAILED_THERE
        held = (await api.get("/api/job?status=Warn&limit=1"))["jobs"][0]
        confirmed = await api.client.post(f"/api/job/{held['id']}/confirm", json={}, headers=INTERNAL)
        assert confirmed.status == 200
        for token, status in (("oa." + "a" * 64, 200), ("oa." + "d" * 64, 401)):
            response = await api.client.get("/api/token", headers={"Authorization": f"Bearer {token}"})
            assert response.status == status
        collection = (await api.get("/api/collections"))["collections"][0]
        assert [file["name"] for file in collection["files"]] == ["collection.geojson.zip"]
        statuses = query(database_url, "SELECT DISTINCT status FROM dataset_health WHERE job_id > 0 ORDER BY 1")
        assert ("Success",) in statuses
        assert query(database_url, "SELECT count(*) FROM dataset_health_change") == [(0,)]


async def test_definitions_come_from_a_clone_where_it_has_them(
    database_url: str, theirs_url: str, tmp_path: Path
) -> None:
    conform = {"format": "csv", "number": "NO", "street": "ST", "lat": "Y", "lon": "X", "size": "large"}
    entry = {"name": "city", "data": "https://data.example.org/a.csv", "protocol": "http", "conform": conform}
    text = json.dumps({"schema": 2, "coverage": {}, "layers": {"addresses": [{**entry, "license": "CC0"}]}})
    commit = commit_file(tmp_path / "clone", "sources/us/a.json", text)
    create_tables(theirs_url)
    insert(theirs_url, "runs", "id, live", [(1, True)])
    base = "https://raw.githubusercontent.com/openaddresses/openaddresses"
    jobs = [
        job_row(1, 1, "us/a", "addresses", "city", url=f"{base}/{commit}/sources/us/a.json"),
        job_row(2, 1, "us/b", "addresses", "city", url=f"{base}/{commit}/sources/us/b.json"),
        job_row(3, 1, "us/a", "addresses", "city", url=f"{base}/{COMMIT}/sources/us/a.json"),
    ]
    insert_jobs(theirs_url, jobs)
    report = await run_import(database_url, theirs_url)
    assert report.findings == []
    report = await run_import(database_url, theirs_url, definitions=tmp_path / "clone")
    assert [(row.row_id, row.outcome) for row in report.findings] == []
    found = query(
        database_url,
        "SELECT job.id, definition, tier, host FROM job JOIN source ON sha256 = source_sha256 ORDER BY job.id",
    )
    assert found[0] == (1, text, "large", "data.example.org")
    assert [json.loads(row[1])["layers"]["addresses"][0] for row in found[1:]] == [
        {"name": "city"},
        {"name": "city"},
    ]


def commit_file(folder: Path, path: str, text: str) -> str:
    """Create a repository with one file, and return the commit."""
    file = folder / path
    file.parent.mkdir(parents=True)
    file.write_text(text)
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    for arguments in (("init", "-q"), ("add", "."), (*identity, "commit", "-qm", "a"), ("rev-parse", "HEAD")):
        done = subprocess.run(("git", "-C", str(folder), *arguments), check=True, capture_output=True, text=True)
    return done.stdout.strip()
