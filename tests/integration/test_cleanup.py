"""Cleanup deletes by the rules, never published or current files, and rows and objects always agree."""

import json
import random
from datetime import timedelta
from typing import Any

import pytest

import oa_api.retention.attempts as attempts_module
from oa_api.schedules.cleanup_task import CleanupTask
from oa_api.schedules.worker import schedule_once
from oa_shared.ids import attempt_prefix
from oa_shared.schedule_types import ScheduleType
from support.fakes.memory_storage import MemoryStorage
from support.finished_jobs import fail, make_jobs, post, succeed
from support.running_api import INTERNAL, RunningApi

FILES = ("source.geojson.gz", "source.parquet", "log.jsonl", "manifest.json", "claim.json", "result.json")


class KilledError(BaseException):
    """The end of a process that is killed: nothing runs after it."""


def memory_storage(api: RunningApi) -> MemoryStorage:
    assert isinstance(api.storage, MemoryStorage)
    return api.storage


async def write_files(api: RunningApi, job: int, attempt: int = 1) -> None:
    for file in FILES:
        await api.storage.put_bytes(attempt_prefix(job, attempt) + file, b"x" * 100)


async def age(api: RunningApi, days: int) -> None:
    """Move all times back by a number of days."""
    for table, columns in {
        "job": ("created_at", "opened_at", "updated_at", "ended_at"),
        "job_attempt": ("created_at", "started_at", "ended_at"),
        "publication": ("published_at",),
        "data": ("updated_at",),
        "job_event": ("created_at",),
        "file_deletion": ("marked_at", "deleted_at"),
        "idempotency": ("created_at",),
    }.items():
        moved = ", ".join(f"{column} = {column} - make_interval(days => {days})" for column in columns)
        await api.database.execute(f"UPDATE {table} SET {moved}")  # noqa: S608 - our own names
    for key in memory_storage(api).modified_at:
        memory_storage(api).modified_at[key] -= timedelta(days=days)


async def clean(api: RunningApi) -> dict[str, Any]:
    """Clean up through the API and the worker, and return the schedule run."""
    schedule_run = (await post(api, "/api/cleanup", dry_run=False))["schedule_run"]
    tasks = {ScheduleType.CLEANUP: CleanupTask(api.database, api.storage)}
    assert await schedule_once(api.database, tasks)
    return dict(await api.get(f"/api/schedule/{schedule_run['id']}"))


async def keys(api: RunningApi) -> set[str]:
    return {item.key async for item in api.storage.list_objects("")}


async def files_of(api: RunningApi, job: int, attempt: int = 1) -> set[str]:
    prefix = attempt_prefix(job, attempt)
    return {key.removeprefix(prefix) for key in await keys(api) if key.startswith(prefix)}


RECORDS = {"log.jsonl", "manifest.json", "claim.json", "result.json"}


async def test_files_of_unpublished_jobs_are_deleted_and_return_410(api: RunningApi) -> None:
    job, young = await make_jobs(api, "us/a", "us/b", live=False)
    await succeed(api, job)
    await write_files(api, job)
    await age(api, 61)
    await succeed(api, young)
    await write_files(api, young)
    done = await clean(api)
    assert done["state"] == "Done", done
    assert done["detail"]["removed"]["unpublished"] == {"count": 1, "size_bytes": 200}
    assert await files_of(api, job) == RECORDS
    assert await files_of(api, young) == set(FILES)
    shown = await api.get(f"/api/job/{job}")
    assert shown["output"] == {}
    assert shown["files_deleted_at"] is not None
    assert (await api.get(f"/api/job/{young}"))["files_deleted_at"] is None
    response = await api.client.get(f"/api/job/{job}/output/source.geojson.gz")
    assert response.status == 410
    assert "`unpublished`" in (await response.json())["detail"]
    assert (await api.client.get(f"/api/job/{job}/log")).status == 200


async def test_logs_are_deleted_later_and_nothing_remains(api: RunningApi) -> None:
    (job,) = await make_jobs(api, "us/a", live=False)
    await fail(api, job)
    await write_files(api, job)
    await age(api, 100)
    await clean(api)
    assert await files_of(api, job) == RECORDS
    await age(api, 300)
    await clean(api)
    assert await files_of(api, job) == set()
    assert (await api.client.get(f"/api/job/{job}/log")).status == 410


async def test_latest_publications_and_the_published_one_are_kept(api: RunningApi) -> None:
    jobs = []
    for _ in range(6):
        (job,) = await make_jobs(api, "us/a")
        await succeed(api, job)
        await write_files(api, job)
        jobs.append(job)
    await age(api, 4000)
    await clean(api)
    kept = [job for job in jobs if "source.geojson.gz" in await files_of(api, job)]
    assert kept == jobs[3:], "the published one, and the last ones before it"
    listed = (await api.get(f"/api/data/{(await api.get('/api/data'))['data'][0]['id']}/history"))["publications"]
    assert [item["files_deleted_at"] is None for item in listed] == [True, True, True, False, False, False]
    assert all(file["url"] is None for item in listed[3:] for file in item["files"])


async def test_preview_returns_what_the_cleanup_then_removes(api: RunningApi) -> None:
    jobs = await make_jobs(api, "us/a", "us/b", "us/c", live=False)
    for job in jobs:
        await succeed(api, job)
        await write_files(api, job)
    await api.storage.put_bytes("job/999/attempt-1/lost", b"12345")
    await age(api, 500)
    before = await keys(api)
    preview = await post(api, "/api/cleanup")
    assert await keys(api) == before
    assert preview["dry_run"] is True
    assert preview["is_complete"] is True
    assert preview["schedule_run"] is None
    removed = (await clean(api))["detail"]["removed"]
    assert {name: preview["removed"][name]["count"] for name in ("unpublished", "orphans", "events")} == {
        name: removed[name]["count"] for name in ("unpublished", "orphans", "events")
    }
    assert removed["orphans"] == {"count": 1, "size_bytes": 5}
    assert preview["removed"]["unpublished"]["size_bytes"] == 3 * 1000
    assert (await post(api, "/api/cleanup"))["removed"]["unpublished"]["count"] == 0


@pytest.mark.parametrize("place", ["cleanup.before_mark", "cleanup.after_delete"])
async def test_killed_cleanup_is_finished_by_the_next(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    jobs = await make_jobs(api, "us/a", "us/b", live=False)
    for job in jobs:
        await succeed(api, job)
        await write_files(api, job)
    await age(api, 100)

    def die(here: str) -> None:
        if here == place:
            raise KilledError

    monkeypatch.setattr(attempts_module, "fault_point", die)
    with pytest.raises(KilledError):
        await clean(api)
    await assert_rows_and_objects_agree(api)
    monkeypatch.undo()
    assert (await clean(api))["state"] == "Done"
    assert [await files_of(api, job) for job in jobs] == [RECORDS, RECORDS]
    await assert_rows_and_objects_agree(api)
    row = await api.database.first("SELECT count(*) AS open FROM file_deletion WHERE deleted_at IS NULL")
    assert row == {"open": 0}


async def test_cleanup_without_the_store_fails_and_is_retried(api: RunningApi) -> None:
    (job,) = await make_jobs(api, "us/a", live=False)
    await succeed(api, job)
    await write_files(api, job)
    await age(api, 100)
    memory_storage(api).is_down = True
    waiting = await clean(api)
    assert waiting["state"] == "Waiting"
    assert "not available" in waiting["error"]
    assert (await api.client.get(f"/api/job/{job}/output/source.geojson.gz")).status == 410
    memory_storage(api).is_down = False
    await api.database.execute("UPDATE schedule_run SET due_at = now()")
    await schedule_once(api.database, {ScheduleType.CLEANUP: CleanupTask(api.database, api.storage)})
    assert await files_of(api, job) == RECORDS


async def test_job_without_files_cannot_be_published(api: RunningApi) -> None:
    await succeed(api, (await make_jobs(api, "us/a"))[0])
    (held,) = await make_jobs(api, "us/a")
    assert await succeed(api, held, count=5) == "Warn"
    (later,) = await make_jobs(api, "us/b", live=False)
    await succeed(api, later)
    await age(api, 100)
    await clean(api)
    response = await api.client.post(f"/api/job/{held}/confirm", headers=INTERNAL)
    assert response.status == 409
    assert f"job {held}" in (await response.json())["detail"]
    run = (await api.get(f"/api/job/{later}"))["run"]
    await api.make_live(run)
    assert [item["source_name"] for item in (await api.get("/api/data"))["data"]] == ["us/a"]


async def test_orphans_are_removed_but_known_or_new_or_other_objects_are_not(api: RunningApi) -> None:
    (job,) = await make_jobs(api, "us/a")
    await succeed(api, job)
    await write_files(api, job)
    lost = {f"job/{job}/attempt-2/x", "job/99/attempt-1/x", "job/nonsense", "upload/u/1/a.csv"}
    for key in (*lost, "cache/a", "static/b"):
        await api.storage.put_bytes(key, b"x")
    await age(api, 31)
    await api.storage.put_bytes("job/98/attempt-1/young", b"x")
    before = await keys(api)
    await clean(api)
    assert before - await keys(api) == lost


async def test_object_written_after_the_deletion_is_an_orphan(api: RunningApi) -> None:
    (job,) = await make_jobs(api, "us/a", live=False)
    await succeed(api, job)
    await write_files(api, job)
    await age(api, 100)
    await clean(api)
    await api.storage.put_bytes(attempt_prefix(job, 1) + "source.parquet", b"late")
    memory_storage(api).modified_at[attempt_prefix(job, 1) + "source.parquet"] -= timedelta(days=40)
    await clean(api)
    assert await files_of(api, job) == RECORDS


async def test_events_of_ended_jobs_are_deleted_except_publications(api: RunningApi) -> None:
    ended, running = await make_jobs(api, "us/a", "us/b")
    await succeed(api, ended)
    await age(api, 401)
    kept = await api.database.first("SELECT count(*) AS events FROM job_event WHERE job_id = %(job)s", {"job": running})
    await clean(api)
    rows = await api.database.all("SELECT DISTINCT kind FROM job_event WHERE job_id = %(job)s", {"job": ended})
    assert rows == [{"kind": "data.published"}]
    assert kept == await api.database.first(
        "SELECT count(*) AS events FROM job_event WHERE job_id = %(job)s", {"job": running}
    )


async def test_rules_are_returned_changed_and_applied(api: RunningApi) -> None:
    (job,) = await make_jobs(api, "us/a", live=False)
    await succeed(api, job)
    await write_files(api, job)
    await age(api, 61)
    changed = {"rules": [{"name": "unpublished", "keep_days": 90}, {"name": "orphans", "enabled": False}]}
    response = await api.client.patch("/api/cleanup", json=changed, headers=INTERNAL)
    rules = {rule["name"]: rule for rule in (await response.json())["rules"]}
    assert rules["unpublished"]["keep_days"] == 90
    assert rules["orphans"]["enabled"] is False
    assert (await clean(api))["detail"].get("removed", {}).get("unpublished") is None
    assert await files_of(api, job) == set(FILES)
    assert (await api.get("/api/cleanup"))["last"]["state"] == "Done"


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [{"name": "nothing"}],
        [{"name": "logs", "keep_days": 0}],
        [{"name": "logs", "keep_days": "9"}],
        [{"name": "logs"}, {"name": "logs"}],
    ],
)
async def test_invalid_rule_changes_are_refused_and_change_nothing(api: RunningApi, rules: list[Any]) -> None:
    before = await api.get("/api/cleanup")
    given = {"rules": [*rules, {"name": "orphans", "keep_days": 99}] if rules else []}
    assert (await api.client.patch("/api/cleanup", json=given, headers=INTERNAL)).status == 422
    assert await api.get("/api/cleanup") == before


async def assert_rows_and_objects_agree(api: RunningApi) -> None:
    """Check that every file of a row exists, or that the row has no files."""
    there = await keys(api)
    rows = await api.database.all(
        "SELECT id AS job, attempt, result FROM job WHERE result IS NOT NULL UNION ALL"
        " SELECT job_id, attempt, result FROM publication WHERE result IS NOT NULL"
    )
    gone = await api.database.all("SELECT job_id, attempt FROM file_deletion")
    marked = {(row["job_id"], row["attempt"]) for row in gone}
    for row in rows:
        offered = {output["key"] for output in (row["result"].get("outputs") or {}).values()}
        assert offered <= there or (row["job"], row["attempt"]) in marked, row


@pytest.mark.parametrize("seed", range(6))
async def test_cleanup_of_any_state_keeps_published_current_and_used_files(api: RunningApi, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - states, not secrets
    await make_any_state(api, chance)
    await age(api, 500)
    protected = await protected_keys(api)
    assert protected <= await keys(api)
    before = await keys(api)
    done = await clean(api)
    assert done["state"] == "Done", done
    after = await keys(api)
    assert protected <= after
    assert len(after) < len(before)
    await assert_rows_and_objects_agree(api)
    await clean(api)
    assert await keys(api) == after


async def make_any_state(api: RunningApi, chance: random.Random) -> None:
    """Create jobs in every state, publications, products, and files for all attempts."""
    names = [f"us/s{number}" for number in range(4)]
    jobs = [job for _ in range(8) for job in await make_jobs(api, *names, live=chance.random() < 0.6)]
    for job in jobs:
        ending = chance.choice(["succeed", "succeed", "fail", "retry", "hold", "open", "again"])
        if ending == "fail":
            await fail(api, job)
        elif ending == "retry":
            await fail(api, job, "upstream.timeout")
        elif ending != "open":
            await succeed(api, job, count=5 if ending == "hold" else 100)
        if ending == "again":
            await post(api, f"/api/job/{job}/rerun")
        if chance.random() < 0.5:
            await api.database.execute("UPDATE run SET lane = 'pull_request' WHERE NOT live AND id %% 2 = 0", {})
    for row in await api.database.all("SELECT job_id, attempt FROM job_attempt"):
        await write_files(api, row["job_id"], row["attempt"])
    ended = [row["id"] for row in await api.database.all("SELECT id FROM job WHERE rank = 9 ORDER BY id")]
    await offer(api, chance.sample(ended, 4))


async def offer(api: RunningApi, chosen: list[int]) -> None:
    """Create a collection, a fabric and exports from jobs, and a running product that uses one."""
    built, mapped, exported, used = chosen
    values = {"built": built, "mapped": mapped, "exported": exported}
    for statement in (
        (
            "INSERT INTO collection (name, display_name, sources, formats, deduplicate, job_id, attempt)"
            " SELECT 'c', 'C', '{**}', '{geojson}', false, id, attempt FROM job WHERE id = %(built)s"
        ),
        (
            "INSERT INTO fabric (layer, job_id, attempt, result) SELECT 'addresses', id, attempt, '{}' FROM job"
            " WHERE id = %(mapped)s"
        ),
        (
            "INSERT INTO export (job_id, format, asked, inputs, features, keep_days, attempt, expires_at)"
            " SELECT id, 'csv', '{}', 1, 1, 7, attempt, now() + interval '7 days' FROM job WHERE id = %(exported)s"
        ),
    ):
        await api.database.execute(statement, values)
    plan = json.dumps({"v": 1, "kind": "collection", "inputs": [{"job": used}]})
    await api.database.execute("INSERT INTO source VALUES ('plan', %(plan)s)", {"plan": plan})
    await api.database.execute(
        "INSERT INTO job (run_id, source_name, source_sha256, layer, name, tier, token, kind)"
        " SELECT min(id), 'collection/c', 'plan', 'all', 'all', 'small', 't', 'collection' FROM run"
    )


async def protected_keys(api: RunningApi) -> set[str]:
    rows = await api.database.all(
        "SELECT job_id, attempt FROM data UNION SELECT job_id, attempt FROM collection"
        " UNION SELECT job_id, attempt FROM fabric UNION SELECT job_id, attempt FROM export"
        " UNION SELECT id, attempt FROM job WHERE rank < 9 AND kind = 'source'"
        " UNION SELECT (item ->> 'job')::bigint, job_attempt.attempt FROM source"
        " CROSS JOIN LATERAL jsonb_array_elements(definition::jsonb -> 'inputs') item"
        " JOIN job_attempt ON job_attempt.job_id = (item ->> 'job')::bigint WHERE sha256 = 'plan'"
    )
    return {attempt_prefix(row["job_id"], row["attempt"]) + file for row in rows for file in FILES}


async def test_cleanup_while_a_job_is_confirmed_keeps_its_files(api: RunningApi) -> None:
    """A job is confirmed in a transaction that commits while cleanup marks files."""
    (first,) = await make_jobs(api, "us/a")
    await succeed(api, first)
    (held,) = await make_jobs(api, "us/a")
    await succeed(api, held, count=5)
    await write_files(api, held)
    await age(api, 100)
    async with api.database.transaction() as transaction:
        await transaction.execute("SELECT 1 FROM job WHERE id = %(job)s FOR UPDATE", {"job": held})
        await clean(api)
        assert await files_of(api, held) == set(FILES), "cleanup skips locked jobs"
    await post(api, f"/api/job/{held}/confirm")
    await clean(api)
    assert await files_of(api, held) == set(FILES)
