"""The default branch becomes live once, with the jobs of the pull request where possible."""

import pytest

from oa_api.pull_requests.check_state import EntryOutcome
from oa_api.pull_requests.entry_markdown import OUTCOME_LABELS
from oa_api.pull_requests.report import MERGED
from support.fakes.github_events import push_event
from support.fakes.github_server import as_json
from support.github_world import BERKELEY, GOOD, TOWN, GitHubWorld
from support.running_api import definition

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOT_FOUND = {"code": "source.not_found", "message": "gone"}


async def run_pull(world: GitHubWorld, *names: str) -> tuple[int, dict[str, int]]:
    """Run a pull request to its end; return its number and its full jobs by name."""
    number = await world.pull({TOWN: definition(*names)})
    await world.end_samples()
    await world.end_full()
    return number, {job["name"]: job["id"] for job in await world.jobs("run.sample IS NULL")}


@pytest.mark.parametrize(
    "events", [("pull_request", "push"), ("push", "pull_request"), ("push",), ("pull_request",), ("push", "push")]
)
async def test_merge_publishes_the_jobs_of_the_pull_request_once(world: GitHubWorld, events: tuple[str, ...]) -> None:
    number, jobs = await run_pull(world, "town", "village")
    assert await world.published_jobs() == {}
    await world.merge(number, events=events)
    assert await world.published_jobs() == {"us/ca/town/town": jobs["town"], "us/ca/town/village": jobs["village"]}
    assert len(await world.jobs()) == 4
    assert OUTCOME_LABELS[EntryOutcome.PUBLISHED] in world.comment()
    assert MERGED in world.comment()


async def test_merge_while_jobs_run_publishes_them_when_they_end(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town")})
    await world.end_samples()
    await world.merge(number)
    assert await world.published_jobs() == {}
    await world.end_full()
    assert list(await world.published_jobs()) == ["us/ca/town/town"]
    assert len(await world.jobs()) == 2
    assert OUTCOME_LABELS[EntryOutcome.PUBLISHED] in world.comment()


async def test_merge_before_the_full_jobs_runs_them_live(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town")})
    await world.merge(number)
    assert [(job["sample"], job["live"]) for job in await world.jobs()] == [(100, False), (None, True)]
    await world.end_samples()
    await world.end_full()
    assert list(await world.published_jobs()) == ["us/ca/town/town"]
    assert world.check_run()["status"] == "completed"


async def test_merge_of_a_definition_that_did_not_run_creates_a_live_job(world: GitHubWorld) -> None:
    number, _ = await run_pull(world, "town")
    world.model.commits[world.model.pulls[number].head_sha].files[TOWN] = as_json(
        definition("town", coverage={"country": "us"})
    )
    await world.merge(number)
    live = await world.jobs("run.live")
    assert [(job["name"], job["status"]) for job in live] == [("town", "Pending")]
    assert await world.published_jobs() == {}


async def test_merge_creates_live_jobs_for_failed_entries(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town", "village")})
    await world.end_samples()
    await world.end("run.sample IS NULL AND job.name = 'town'", error=NOT_FOUND)
    await world.end_full()
    await world.merge(number)
    assert list(await world.published_jobs()) == ["us/ca/town/village"]
    new_jobs = await world.jobs("run.live AND rank < 9")
    assert [job["name"] for job in new_jobs] == ["town"]


async def test_merge_after_a_newer_live_job_of_the_old_definition_creates_live_jobs(world: GitHubWorld) -> None:
    number = await world.pull({BERKELEY: definition("city", "county", coverage={"country": "us"})})
    await world.end_samples()
    await world.end_full()
    weekly = await world.api.run(live=True)
    await world.api.post_jobs(weekly, {"source": definition("city", "county"), "source_name": "us/ca/berkeley"})
    await world.end("run.live", result=GOOD)
    before = await world.published_jobs()
    await world.merge(number)
    await world.end("run.live", result=GOOD)
    after = await world.published_jobs()
    assert all(after[name] > before[name] for name in before)


async def test_merge_goes_through_the_quality_gate(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town")})
    await world.end_samples()
    await world.end_full(result={**GOOD, "valid": 0})
    await world.merge(number)
    assert await world.published_jobs() == {}
    assert [job["status"] for job in await world.jobs("run.live")] == ["Warn"]


async def test_push_to_the_default_branch_runs_the_changed_entries_live(world: GitHubWorld) -> None:
    changed = definition("city", "county")
    changed["layers"]["addresses"][0]["data"] = "http://x/new.csv"
    before, after = world.model.head, world.model.commit({BERKELEY: as_json(changed)}, to_branch=True)
    for _ in range(2):
        await world.send("push", push_event(world.model, before, after))
        await world.settle()
    jobs = await world.jobs()
    assert [(job["name"], job["live"], job["lane"]) for job in jobs] == [("city", True, "manual")]


async def test_pushes_processed_in_the_wrong_order_end_with_the_newest_definition(world: GitHubWorld) -> None:
    first = world.model.head
    second = world.model.commit({TOWN: as_json(definition("town"))}, to_branch=True)
    newest = definition("town")
    newest["layers"]["addresses"][0]["data"] = "http://x/newest.csv"
    third = world.model.commit({TOWN: as_json(newest)}, to_branch=True)
    for before, after in ((second, third), (first, second)):
        await world.send("push", push_event(world.model, before, after))
        await world.settle()
    (job,) = await world.jobs()
    raw = await world.api.get(f"/api/job/{job['id']}/raw")
    assert raw["layers"]["addresses"][0]["data"] == "http://x/newest.csv"


async def test_push_that_changes_only_the_layout_creates_no_jobs(world: GitHubWorld) -> None:
    text = as_json(definition("city", "county")).replace("    ", "\t")
    before, after = world.model.head, world.model.commit({BERKELEY: text}, to_branch=True)
    await world.send("push", push_event(world.model, before, after))
    await world.settle()
    assert await world.jobs() == []


async def test_push_that_removes_a_source_leaves_its_data(world: GitHubWorld) -> None:
    run = await world.api.run(live=True)
    await world.api.post_jobs(run, {"source": definition("city"), "source_name": "us/ca/berkeley"})
    await world.end("run.live", result=GOOD)
    published = await world.published_jobs()
    before, after = world.model.head, world.model.commit({BERKELEY: None}, to_branch=True)
    await world.send("push", push_event(world.model, before, after))
    await world.settle()
    assert await world.published_jobs() == published
    assert len(await world.jobs()) == 1


async def test_merge_into_another_branch_publishes_nothing(world: GitHubWorld) -> None:
    number, _ = await run_pull(world, "town")
    world.model.pulls[number].base_ref = "topic"
    await world.merge(number, events=("pull_request",))
    assert await world.published_jobs() == {}
    assert await world.jobs("run.live") == []
