"""Pull requests of newcomers: they wait for a collaborator, have quotas, and never hold all machines."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from oa_api.pull_requests import reviewer, worker
from oa_api.pull_requests.report import ABANDONED, HELD, Hold
from oa_api.pull_requests.reviewer import ReviewBudget
from oa_api.pull_requests.worker import MAX_UNFINISHED_TAKES
from support.fakes.github_events import comment_event, pull_event
from support.fakes.github_server import as_json
from support.github_world import SAMPLE, TOWN, GitHubWorld, github_world
from support.running_api import INTERNAL, definition

RULES = {"github_entries_per_day": 4, "github_concurrent_jobs": 2}
NEWCOMER = "FIRST_TIME_CONTRIBUTOR"


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[GitHubWorld]:
    async with github_world(database_url, **RULES) as opened:
        yield opened


async def say(world: GitHubWorld, number: int, text: str, association: str, *, by: str = "maintainer") -> Any:
    _, answer = await world.send(
        "issue_comment", comment_event(world.model, number, text, by=by, association=association)
    )
    await world.settle()
    return answer


@pytest.mark.parametrize("association", ["FIRST_TIMER", NEWCOMER, "NONE", "MANNEQUIN", "a new value"])
async def test_newcomer_gets_no_jobs_until_a_collaborator_says_run(world: GitHubWorld, association: str) -> None:
    number = await world.pull({TOWN: definition("a", "b")}, association=association)
    assert await world.jobs() == []
    assert world.check_run()["conclusion"] == "action_required"
    assert HELD[Hold.NEWCOMER][0] in world.comment()
    assert (await say(world, number, "/run", association, by="author"))["state"] == "ignored"
    assert await world.jobs() == []
    await say(world, number, " /RUN ", "MEMBER")
    assert [job["name"] for job in await world.jobs()] == ["a", "b"]
    assert world.check_run()["status"] == "in_progress"
    await world.push_to_pull(number, {TOWN: definition("c")})
    assert [job["name"] for job in await world.jobs("rank < 9")] == ["c"]


@pytest.mark.parametrize("association", ["OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR"])
async def test_known_author_needs_no_approval(world: GitHubWorld, association: str) -> None:
    await world.pull({TOWN: definition("a")}, association=association)
    assert len(await world.jobs()) == 1


async def test_command_for_a_commit_that_is_not_the_head_anymore_runs_the_head(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("old")}, association=NEWCOMER)
    world.model.push_to_pull(number, world.model.commit({TOWN: as_json(definition("new"))}))
    await say(world, number, "/run", "OWNER")
    assert await world.jobs() == []
    await world.send("pull_request", pull_event(world.model, number, "synchronize"))
    await world.settle()
    assert [job["name"] for job in await world.jobs()] == ["new"]


async def test_author_beyond_the_quota_of_a_day_waits(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition("a", "b", "c")})
    number = await world.pull({"sources/us/ca/other.json": definition("d", "e")})
    assert len(await world.jobs()) == 3
    assert any(HELD[Hold.QUOTA][0] in str(comment["body"]) for comment in world.model.comments.values())
    await world.pull({"sources/us/ca/third.json": definition("f", "g")}, author="another")
    assert len(await world.jobs()) == 5
    await say(world, number, "/run", "COLLABORATOR")
    assert len(await world.jobs()) == 7
    await world.api.database.execute("UPDATE github_check SET created_at = created_at - interval '25 hours'")
    await world.pull({"sources/us/ca/fourth.json": definition("h")})
    assert len(await world.jobs()) == 8


async def test_jobs_of_pull_requests_belong_to_their_authors(world: GitHubWorld) -> None:
    """In Batch each author has a share, however many pull requests and commits there are."""
    number = await world.pull({TOWN: definition("a")}, author="octo-cat")
    await world.push_to_pull(number, {TOWN: definition("b")})
    await world.pull({"sources/us/ca/other.json": definition("c")}, author="octo-cat")
    await world.pull({"sources/us/ca/third.json": definition("d")}, author="another")
    owners = {
        job["name"]: (await world.api.get(f"/api/job/{job['id']}/state", **INTERNAL))["owner"]
        for job in await world.jobs()
    }
    assert owners == {"a": "octo-cat", "b": "octo-cat", "c": "octo-cat", "d": "another"}
    await world.end_samples()
    full = await world.jobs("run.sample IS NULL")
    assert full
    for job in full:
        state = await world.api.get(f"/api/job/{job['id']}/state", **INTERNAL)
        assert state["owner"] == owners[job["name"]]


async def test_run_that_names_a_foreign_pull_request_uses_the_share_of_its_account(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition("a")}, author="octo-cat")
    (job,) = await world.jobs()
    run = "UPDATE run SET owner = 'account/1' WHERE id = (SELECT run_id FROM job WHERE id = %(job)s)"
    await world.api.database.execute(run, {"job": job["id"]})
    assert (await world.api.get(f"/api/job/{job['id']}/state", **INTERNAL))["owner"] == "account/1"


async def test_collaborator_has_no_quota(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition(*"abcdefg")}, association="MEMBER")
    assert len(await world.jobs()) == 7


async def test_full_jobs_of_a_pull_request_run_a_few_at_a_time_and_all_of_them_run(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition(*"abcde")}, association="MEMBER")
    await world.end("run.sample IS NOT NULL", result=SAMPLE)
    for done in (2, 4, 5):
        unended = await world.jobs("rank < 9 AND run.sample IS NULL")
        assert len(unended) == min(2, 5 - done + 2, len(unended))
        assert len(await world.jobs("run.sample IS NULL")) == done
        await world.end_full()
    assert world.check_run()["conclusion"] in {"success", "neutral"}


async def test_slow_samples_end_while_their_full_jobs_wait(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition(*"abcde")}, association="MEMBER")
    await world.api.database.execute("UPDATE job SET opened_at = now() - interval '2 hours'")
    await world.settle()
    assert await world.jobs("rank < 9 AND run.sample IS NOT NULL") == []
    assert len(await world.jobs("run.sample IS NULL")) == 2


async def test_definition_cannot_choose_a_larger_container_than_the_lane_has(world: GitHubWorld) -> None:
    huge = definition("a")
    huge["layers"]["addresses"][0]["conform"]["size"] = "huge"
    number = await world.pull({TOWN: huge})
    await world.end_samples()
    assert {(job["lane"], job["tier"]) for job in await world.jobs()} == {("pull_request", "standard")}
    await world.end("run.sample IS NULL", error={"code": "resource.out_of_memory", "message": "memory"})
    assert {job["tier"] for job in await world.jobs()} == {"standard"}
    await world.merge(number)
    assert [job["tier"] for job in await world.jobs("run.live")] == ["huge"]


async def test_event_of_which_the_process_dies_is_abandoned_and_the_check_shows_it(world: GitHubWorld) -> None:
    number = world.model.open_pull(world.model.commit({TOWN: "{}"}))
    await send_opened(world, number)
    for _ in range(MAX_UNFINISHED_TAKES):
        await world.skip_pauses()
        assert await world.worker.claim_delivery() is not None
    await world.settle()
    row = await world.api.database.first("SELECT state, reason FROM github_delivery")
    assert row is not None
    assert row["state"] == "abandoned"
    assert world.check_run()["conclusion"] == "failure"
    assert "could not be examined" in world.comment()


async def test_event_that_takes_longer_than_its_lease_is_processed_once(
    world: GitHubWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_LEASE_S", 1.5)
    world.github.slow_s = 0.5
    number = world.model.open_pull(world.model.commit({TOWN: as_json(definition("a"))}))
    await send_opened(world, number)
    work = asyncio.create_task(world.worker.run_once())
    claims = []
    while not work.done():
        await asyncio.sleep(0.1)
        claims.append(work.done() or await world.worker.claim_delivery())
    assert len(claims) > 25  # pauses of 0.1 s: longer than the lease
    assert set(claims[:-1]) == {None}
    row = await world.api.database.first("SELECT state, unfinished_takes FROM github_delivery")
    assert row is not None
    assert (row["state"], row["unfinished_takes"]) == ("done", 1)


async def test_check_of_which_the_process_dies_is_abandoned_and_shows_it(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition("a")})
    await world.api.database.execute("UPDATE github_check SET unfinished_takes = %(n)s", {"n": MAX_UNFINISHED_TAKES})
    await world.settle()
    assert world.check_run()["output"]["title"] == ABANDONED
    row = await world.api.database.first("SELECT is_settled FROM github_check")
    assert row is not None
    assert row["is_settled"]


async def test_takes_that_end_are_not_counted(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition("a")})
    for _ in range(MAX_UNFINISHED_TAKES + 2):
        await world.settle()
    row = await world.api.database.first("SELECT max(unfinished_takes) AS takes FROM github_check")
    assert row is not None
    assert row["takes"] == 0


async def test_pull_request_with_too_many_bytes_is_refused_as_a_whole(
    world: GitHubWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviewer, "PULL_BUDGET", ReviewBudget(read_bytes=5_000, kept_bytes=2_000, entries=500))
    paths = [f"sources/xx/{place}.json" for place in range(6)]
    for extra, says in ((1_500, "exceed 5,000 bytes"), (300, "exceed 2,000 bytes")):
        small = as_json(definition("a"))
        bad = as_json({"schema": 1, "x": "y" * extra})
        await world.pull(dict.fromkeys(paths, bad if extra > 1_000 else small))
        assert await world.jobs() == []
        assert any(says in str(comment["body"]) for comment in world.model.comments.values())


async def send_opened(world: GitHubWorld, number: int) -> None:
    await world.send("pull_request", pull_event(world.model, number, "opened"))
