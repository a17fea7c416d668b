"""What belongs to whom: runs and their jobs, idempotency keys, and the files that a result names."""

import asyncio
import json
from typing import Any

import pytest

from oa_api.identity.principal import SYSTEM
from oa_api.jobs.requests import NewRun
from oa_api.jobs.runs import insert_run
from oa_shared.messages import UnreadableMessageError, parse_result_message
from oa_shared.scheduling import Lane
from oa_shared.status import JobStatus
from support.accounts import Answer, account, call, token
from support.publishing import make_job, publish, report_status, result
from support.running_api import INTERNAL, RunningApi, definition

ELEMENT = {"source": definition("city"), "source_name": "xx/mine"}


@pytest.fixture
async def tokens(api: RunningApi) -> dict[str, dict[str, str]]:
    """Return the header of an account of each name."""
    roles = {"ada": "author", "eve": "author", "max": "moderator", "root": "admin"}
    for login, role in roles.items():
        await account(api, login, role)
    return {login: await token(api, login, role) for login, role in roles.items()}


async def run_of(api: RunningApi, headers: dict[str, str], **body: Any) -> int:
    answer = await call(api, "POST", "/api/run", body, **headers)
    assert answer.status == 200
    return int(answer.json["id"])


async def add_job(api: RunningApi, run: int, headers: dict[str, str], **more: str) -> Answer:
    return await call(api, "POST", f"/api/run/{run}/jobs", {"jobs": [ELEMENT]}, **headers, **more)


async def test_author_cannot_add_jobs_to_the_run_of_another(api: RunningApi, tokens: dict[str, dict[str, str]]) -> None:
    """An admin who makes the own run live would publish what the author added."""
    run = await run_of(api, tokens["root"])
    assert (await add_job(api, run, tokens["eve"])).status == 403
    assert (await add_job(api, run, tokens["root"])).status == 200
    own = await run_of(api, tokens["ada"])
    statuses = {login: (await add_job(api, own, headers)).status for login, headers in tokens.items()}
    assert statuses == {"ada": 200, "eve": 403, "max": 200, "root": 200}


@pytest.mark.parametrize("lane", [lane for lane in Lane if lane is not Lane.MANUAL])
async def test_author_cannot_choose_a_lane(api: RunningApi, tokens: dict[str, dict[str, str]], lane: Lane) -> None:
    """The lanes of pull requests and schedules have priorities of their own."""
    body = {"lane": lane}
    statuses = {login: (await call(api, "POST", "/api/run", body, **each)).status for login, each in tokens.items()}
    assert statuses == {"ada": 403, "eve": 403, "max": 200, "root": 200}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/api/run/{run}", {"closed": True}),
        ("PATCH", "/api/run/{run}", {"github": {"sha": "x"}}),
        ("POST", "/api/job/{job}/cancel", {}),
        ("POST", "/api/job/{job}/rerun", {}),
    ],
)
async def test_author_cannot_change_the_run_or_jobs_of_another(
    api: RunningApi, tokens: dict[str, dict[str, str]], method: str, path: str, body: dict[str, Any]
) -> None:
    run = await run_of(api, tokens["ada"])
    job = (await add_job(api, run, tokens["ada"])).json["jobs"][0]
    if path.endswith("rerun"):
        await call(api, "POST", f"/api/job/{job}/cancel", {}, **tokens["ada"])
    url = path.format(run=run, job=job)
    assert (await call(api, method, url, body, **tokens["eve"])).status == 403
    assert (await call(api, method, url, body, **tokens["ada"])).status == 200


async def test_run_of_the_system_accepts_no_jobs_from_requests(
    api: RunningApi, tokens: dict[str, dict[str, str]]
) -> None:
    """Pull requests, schedules, products: a merge publishes what is in their runs."""
    run = (await api.database.run(lambda transaction: insert_run(transaction, NewRun(), owner=SYSTEM))).id
    for headers in (*tokens.values(), INTERNAL):
        refused = await add_job(api, run, headers)
        assert refused.status == 403
    assert await api.count("job") == 0


async def test_run_of_an_earlier_version_belongs_to_moderators(
    api: RunningApi, tokens: dict[str, dict[str, str]]
) -> None:
    await api.database.execute("INSERT INTO run (live, lane) VALUES (false, 'manual')")
    assert (await add_job(api, 1, tokens["ada"])).status == 403
    assert (await add_job(api, 1, tokens["max"])).status == 200


async def test_run_becomes_live_with_the_jobs_that_its_owner_has_seen(api: RunningApi) -> None:
    run = await api.run()
    await api.post_jobs(run, ELEMENT)
    missing = await call(api, "PATCH", f"/api/run/{run}", {"live": True})
    assert (missing.status, list(missing.json["errors"])) == (422, ["expected_jobs"])
    outdated = await call(api, "PATCH", f"/api/run/{run}", {"live": True, "expected_jobs": 0})
    assert outdated.status == 409
    assert "1 job," in outdated.json["detail"]
    assert not (await api.get(f"/api/run/{run}"))["live"]
    assert (await call(api, "PATCH", f"/api/run/{run}", {"live": True, "expected_jobs": 1})).status == 200


async def test_jobs_added_while_a_run_becomes_live_are_counted_or_refused(api: RunningApi) -> None:
    """Twenty races: either the job is there and the change is refused, or it is added to a run that is live."""
    for _ in range(20):
        run = await api.run()
        added, changed = await asyncio.gather(
            api.post_jobs(run, ELEMENT), call(api, "PATCH", f"/api/run/{run}", {"live": True, "expected_jobs": 0})
        )
        assert added[0] == 200
        row = await api.database.first("SELECT min(id) AS job FROM job WHERE run_id = %(run)s", {"run": run})
        assert row is not None
        assert changed.status in {200, 409}
        assert (await api.get(f"/api/run/{run}"))["live"] == (changed.status == 200)


async def test_idempotency_key_is_of_its_owner(api: RunningApi, tokens: dict[str, dict[str, str]]) -> None:
    key = {"Idempotency-Key": "nightly-2026-11-29"}
    prepared = await call(api, "POST", "/api/run", {}, **tokens["eve"], **key)
    others = await call(api, "POST", "/api/run", {"live": True}, **tokens["root"], **key)
    repeated = await call(api, "POST", "/api/run", {"live": True}, **tokens["root"], **key)
    assert prepared.status == others.status == repeated.status == 200
    assert others.json["id"] != prepared.json["id"]
    assert repeated.json["id"] == others.json["id"]


@pytest.mark.parametrize(
    "name",
    ["../../7/attempt-1/x", "/etc/passwd", "a/b", "", ".hidden", "a" * 200, "ä.json", "a\n", "..", "a b", "C:x"],
)
def test_result_that_names_a_file_outside_its_attempt_is_not_accepted(name: str) -> None:
    with pytest.raises(UnreadableMessageError):
        parse_result_message(_message(outputs={name: {"bytes": 1}}))


@pytest.mark.parametrize(
    "values",
    [
        {"count": "many"},
        {"count": -1},
        {"count": True},
        {"valid": 1.5},
        {"bounds": [1, 2, 3]},
        {"bounds": ["a", 0, 0, 0]},
        {"fields": {"number": "x"}},
        {"fields": [1]},
        {"changes": {"added": {}}},
        {"warnings": [{}]},
        {"outputs": []},
        {"outputs": {"a": "b"}},
        {"outputs": {"a": {"sha256": "x"}}},
        {"outputs": {f"f{n}": {} for n in range(300)}},
    ],
    ids=str,
)
def test_result_with_a_value_of_another_type_is_not_accepted(values: dict[str, Any]) -> None:
    with pytest.raises(UnreadableMessageError):
        parse_result_message(_message(**values))


async def test_result_cannot_point_to_the_file_of_another_job(api: RunningApi) -> None:
    """The holder of one attempt's token reports a key of another job: the file of its own attempt is served."""
    victim = await publish(api, "us/ca/berkeley")
    job = await make_job(api, "us/ca/albany")
    forged = result(job["id"])
    for facts in forged["outputs"].values():
        facts["key"] = f"job/{victim['id']}/attempt-1/result.json"
    await report_status(api.database, job, JobStatus.SUCCESS, result=forged)
    await api.storage.put_bytes(f"job/{victim['id']}/attempt-1/result.json", b"secret of the victim")
    await api.storage.put_bytes(f"job/{job['id']}/attempt-1/manifest.json", b"own")
    for path in (f"/api/job/{job['id']}/output/manifest.json", "/latest/us/ca/albany/addresses/city/manifest.json"):
        response = await api.client.get(path)
        assert (response.status, await response.read()) == (200, b"own")


def _message(**result_: Any) -> str:
    head = {"v": 1, "kind": "job.status", "job": 1, "attempt": 1, "token": "0" * 32, "seq": 1, "status": "Success"}
    return json.dumps({**head, "at": "2026-11-29T00:00:00+00:00", "result": {"count": 1, **result_}})
