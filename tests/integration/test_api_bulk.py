"""Bulk actions: a preview with the count, then exactly these jobs, each by the rules of the single action."""

import asyncio
import html
import re
from typing import Any

import pytest

from oa_api.bulk_actions.bulk_actions import run_step
from oa_api.bulk_actions.requests import MAX_JOBS
from oa_api.bulk_actions.worker import run_bulk
from oa_shared.failures import FAILURES, FailureClass
from support.running_api import INTERNAL, RunningApi, definition

FAIL = "UPDATE job SET status = 'Fail', rank = 9, ended_at = now(), error_code = %(code)s WHERE id = ANY(%(jobs)s)"
WARN = "UPDATE job SET status = 'Warn', rank = 9, ended_at = now() WHERE id = ANY(%(jobs)s)"


async def ask(api: RunningApi, body: dict[str, Any], **headers: str) -> tuple[int, Any]:
    response = await api.client.post("/api/bulk", json=body, headers={**INTERNAL, **headers})
    return response.status, await response.json()


async def run_to_end(api: RunningApi, bulk: int) -> Any:
    while await run_step(api.database) is not None:
        pass
    return await api.get(f"/api/bulk/{bulk}", **INTERNAL)


async def jobs_of(api: RunningApi, count: int, *, code: str = "", **run: Any) -> list[int]:
    """Return the jobs of a new run, failed with a code if one is given."""
    names = [f"n{number}" for number in range(count)]
    _, answer = await api.post_jobs(await api.run(**run), {"source": definition(*names), "source_name": "xx/a"})
    if code:
        await api.database.execute(FAIL, {"jobs": answer["jobs"], "code": code})
    return list(answer["jobs"])


async def test_dry_run_counts_and_changes_nothing(api: RunningApi) -> None:
    await jobs_of(api, 3, code="upstream.timeout")
    before = await api.rows()
    status, answer = await ask(api, {"action": "rerun", "filter": {"error": "upstream"}, "dry_run": True})
    assert status == 200
    assert answer["matching"] == 3
    assert answer["jobs"] == 3
    assert answer["id"] is None
    assert await api.rows() == before


async def test_rerun_of_a_filter_starts_an_attempt_of_each_matching_job(api: RunningApi) -> None:
    failed = await jobs_of(api, 3, code="upstream.timeout")
    others = await jobs_of(api, 2, code="source.schema")
    bulk_request = {"action": "rerun", "filter": {"error": "upstream"}, "expected": 3, "reason": "the server is back"}
    status, answer = await ask(api, bulk_request)
    assert status == 200
    assert answer["jobs"] == 3
    assert answer["waiting"] == 3
    assert answer["ended_at"] is None
    done = await run_to_end(api, answer["id"])
    assert done["done"] == 3
    assert done["skipped"] == 0
    assert done["waiting"] == 0
    assert done["skip_reasons"] == []
    assert done["ended_at"]
    for job in failed:
        row = await api.get(f"/api/job/{job}")
        assert row["status"] == "Pending"
        assert row["attempt"] == 2
    assert [(await api.get(f"/api/job/{job}"))["attempt"] for job in others] == [1, 1]
    await api.database.execute(FAIL, {"jobs": failed[:1], "code": "upstream.timeout"})
    page = await (await api.client.get(f"/bulk/{answer['id']}", headers=INTERNAL)).text()
    counts = dict(re.findall(rf'<a href="/jobs\?bulk={answer["id"]}&amp;status=(\w+)" data-count="(\d)"', page))
    assert counts == {"Pending": "2", "Fail": "1"}
    trail = await api.database.all(
        "SELECT action, reason FROM audit WHERE action IN ('job.bulk', 'job.rerun') ORDER BY id"
    )
    assert [row["action"] for row in trail] == ["job.bulk", "job.rerun", "job.rerun", "job.rerun"]
    assert {row["reason"] for row in trail} == {"the server is back"}


async def test_unexpected_count_is_a_conflict_with_the_current_count(api: RunningApi) -> None:
    jobs = await jobs_of(api, 3, code="upstream.timeout")
    await api.client.post(f"/api/job/{jobs[0]}/rerun", headers=INTERNAL)
    status, answer = await ask(api, {"action": "rerun", "filter": {"error": "upstream"}, "expected": 3})
    assert status == 409
    assert answer["errors"]["matching"] == 2
    assert await api.count("bulk_action") == await api.count("bulk_action_job") == 0


async def test_jobs_with_a_changed_status_are_skipped_with_the_reason(api: RunningApi) -> None:
    jobs = await jobs_of(api, 3, code="upstream.timeout")
    _, answer = await ask(api, {"action": "rerun", "filter": {"error": "upstream"}, "expected": 3})
    await api.client.post(f"/api/job/{jobs[1]}/rerun", headers=INTERNAL)
    done = await run_to_end(api, answer["id"])
    assert done["done"] == 2
    assert done["skipped"] == 1
    assert done["skip_reasons"] == [{"reason": "is Pending: cancel it first", "jobs": 1, "examples": [jobs[1]]}]
    assert (await api.get(f"/api/job/{jobs[1]}"))["attempt"] == 2


@pytest.mark.parametrize(
    ("action", "prepare", "status"),
    [("cancel", None, "Canceled"), ("confirm", WARN, "Success"), ("reject", WARN, "Fail")],
)
async def test_each_bulk_action_has_the_effect_of_the_single_action(
    api: RunningApi, action: str, prepare: str | None, status: str
) -> None:
    jobs = await jobs_of(api, 2)
    if prepare:
        await api.database.execute(prepare, {"jobs": jobs})
    _, answer = await ask(api, {"action": action, "filter": {"run": 1}, "expected": 2})
    await run_to_end(api, answer["id"])
    assert {(await api.get(f"/api/job/{job}"))["status"] for job in jobs} == {status}


async def test_repeated_request_with_a_key_runs_once(api: RunningApi) -> None:
    await jobs_of(api, 2, code="upstream.timeout")
    bulk_request = {"action": "rerun", "filter": {"error": "upstream"}, "expected": 2}
    _, first = await ask(api, bulk_request, **{"Idempotency-Key": "k"})
    await run_to_end(api, first["id"])
    status, second = await ask(api, bulk_request, **{"Idempotency-Key": "k"})
    assert status == 200
    assert second["id"] == first["id"]
    assert second["done"] == 2
    assert await api.count("bulk_action") == 1


async def test_limit_selects_the_oldest_jobs(api: RunningApi) -> None:
    jobs = await jobs_of(api, 5, code="upstream.timeout")
    _, answer = await ask(api, {"action": "rerun", "filter": {"error": "upstream"}, "expected": 5, "limit": 2})
    done = await run_to_end(api, answer["id"])
    assert done["jobs"] == 2
    assert done["done"] == 2
    assert [(await api.get(f"/api/job/{job}"))["attempt"] for job in jobs] == [2, 2, 1, 1, 1]


async def test_worker_continues_a_bulk_action_that_was_interrupted(api: RunningApi) -> None:
    await jobs_of(api, 60, code="upstream.timeout")
    _, answer = await ask(api, {"action": "rerun", "filter": {"error": "upstream"}, "expected": 60})
    await run_step(api.database)
    half = await api.get(f"/api/bulk/{answer['id']}", **INTERNAL)
    assert 0 < half["done"] < 60
    stop = asyncio.Event()
    worker = asyncio.create_task(run_bulk(api.database, stop, every_s=0.01))
    async with asyncio.timeout(60):
        while not (await api.get(f"/api/bulk/{answer['id']}", **INTERNAL))["ended_at"]:  # noqa: ASYNC110 - over HTTP
            await asyncio.sleep(0.05)
    stop.set()
    await worker
    row = await api.database.first("SELECT count(*) AS jobs FROM job WHERE attempt = 2 AND status = 'Pending'")
    assert row == {"jobs": 60}


async def test_filters_of_jobs_and_of_bulk_actions_match_the_same_jobs(api: RunningApi) -> None:
    await jobs_of(api, 3, code="upstream.timeout")
    await jobs_of(api, 2, code="infra.lost", live=True)
    for bulk_request, count in (
        ({"error": "upstream,infra.lost"}, 5),
        ({"error": "infra"}, 2),
        ({"live": False}, 3),
        ({"source": "xx/"}, 5),
        ({"source": "xx"}, 0),
        ({"run": 2, "status": "Fail"}, 2),
        ({"after": "2999-01-01T00:00:00Z"}, 0),
    ):
        _, answer = await ask(api, {"action": "rerun", "filter": bulk_request, "dry_run": True})
        query = "&".join(
            f"{key}={str(value).lower() if value is False else value}" for key, value in bulk_request.items()
        )
        listed = await api.get(f"/api/job?{query}")
        assert answer["matching"] == count, bulk_request
        assert listed["total"] == count, bulk_request


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "rerun", "filter": {}}, "expected"),
        ({"action": "publish", "filter": {}, "expected": 1}, "action"),
        ({"action": "confirm", "filter": {"status": "Fail"}, "expected": 1}, "filter"),
        ({"action": "rerun", "filter": {"colour": "red"}, "expected": 1}, "filter"),
        ({"action": "rerun", "filter": {"error": "weather"}, "expected": 1}, "filter"),
        ({"action": "rerun", "filter": {}, "expected": 1, "limit": MAX_JOBS + 1}, "limit"),
        ({"action": "rerun", "expected": 1}, "filter"),
    ],
)
async def test_invalid_bulk_action_is_refused(api: RunningApi, body: dict[str, Any], field: str) -> None:
    status, answer = await ask(api, body)
    assert status == 422
    assert field in answer["errors"]


async def test_list_of_bulk_actions_follows_its_link(api: RunningApi) -> None:
    for _ in range(3):
        await ask(api, {"action": "rerun", "filter": {}, "expected": 0})
    response = await api.client.get("/api/bulk?limit=2", headers=INTERNAL)
    assert [row["id"] for row in (await response.json())["bulk_actions"]] == [3, 2]
    rest = await api.client.get(response.links["next"]["url"].relative(), headers=INTERNAL)
    assert [row["id"] for row in (await rest.json())["bulk_actions"]] == [1]


async def test_missing_bulk_action_is_not_found(api: RunningApi) -> None:
    assert (await api.client.get("/api/bulk/7", headers=INTERNAL)).status == 404


async def test_page_names_failures_in_words_with_their_codes(api: RunningApi) -> None:
    async with api.client.get("/bulk?action=rerun&error=upstream&status=Fail,Warn", headers=INTERNAL) as response:
        page = html.unescape(await response.text())
    options = dict(re.findall(r'<option value="([^"]+)"[^>]*>([^<]+)</option>', page))
    named = {name: options[name] for name in [*FailureClass, *FAILURES]}
    assert [
        name for name, label in named.items() if not label.endswith(f" ({name})") or len(label) < len(name) + 10
    ] == []
    assert re.findall(r'<option value="([^"]+)" selected>([^<]+)</option>', page) == [
        ("rerun", options["rerun"]),
        ("Fail,Warn", "Fail, Warn"),
        ("upstream", "The server of the data failed (upstream)"),
    ]
