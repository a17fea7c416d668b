"""What reaches the default branch becomes live once, by the pull request's own jobs where that can be."""

import pytest

from support.fakes.github_events import push_event
from support.fakes.github_server import as_json
from support.github_world import BERKELEY, GOOD, TOWN, GitHubWorld
from support.running_api import definition

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOT_FOUND = {"code": "source.not_found", "message": "gone"}


async def tried(world: GitHubWorld, *names: str) -> tuple[int, dict[str, int]]:
    """Bring a pull request to its end; return its number and its whole jobs by name."""
    number = await world.pull({TOWN: definition(*names)})
    await world.end_samples()
    await world.end_full()
    return number, {job["name"]: job["id"] for job in await world.jobs("run.sample IS NULL")}


@pytest.mark.parametrize(
    "tell", [("pull_request", "push"), ("push", "pull_request"), ("push",), ("pull_request",), ("push", "push")]
)
async def test_merge_publishes_what_the_pull_request_made_once(world: GitHubWorld, tell: tuple[str, ...]) -> None:
    number, jobs = await tried(world, "town", "village")
    assert await world.published() == {}
    await world.merge(number, tell=tell)
    assert await world.published() == {"us/ca/town/town": jobs["town"], "us/ca/town/village": jobs["village"]}
    assert len(await world.jobs()) == 4
    assert "✅ published" in world.comment()
    assert "Merged:" in world.comment()


async def test_merge_while_jobs_run_publishes_them_when_they_end(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town")})
    await world.end_samples()
    await world.merge(number)
    assert await world.published() == {}
    await world.end_full()
    assert list(await world.published()) == ["us/ca/town/town"]
    assert len(await world.jobs()) == 2
    assert "✅ published" in world.comment()


async def test_merge_before_the_whole_jobs_runs_them_live(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town")})
    await world.merge(number)
    assert [(job["sample"], job["live"]) for job in await world.jobs()] == [(100, False), (None, True)]
    await world.end_samples()
    await world.end_full()
    assert list(await world.published()) == ["us/ca/town/town"]
    assert world.check_run()["status"] == "completed"


async def test_merge_of_another_definition_than_was_tried_runs_anew(world: GitHubWorld) -> None:
    number, _ = await tried(world, "town")
    world.model.commits[world.model.pulls[number].head_sha].files[TOWN] = as_json(
        definition("town", coverage={"country": "us"})
    )
    await world.merge(number)
    live = await world.jobs("run.live")
    assert [(job["name"], job["status"]) for job in live] == [("town", "Pending")]
    assert await world.published() == {}


async def test_merge_runs_anew_what_had_failed(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town", "village")})
    await world.end_samples()
    await world.end("run.sample IS NULL AND job.name = 'town'", error=NOT_FOUND)
    await world.end_full()
    await world.merge(number)
    assert list(await world.published()) == ["us/ca/town/village"]
    anew = await world.jobs("run.live AND rank < 9")
    assert [job["name"] for job in anew] == ["town"]


async def test_merge_after_a_newer_live_job_of_the_old_definition_runs_anew(world: GitHubWorld) -> None:
    number = await world.pull({BERKELEY: definition("city", "county", coverage={"country": "us"})})
    await world.end_samples()
    await world.end_full()
    weekly = await world.api.run(live=True)
    await world.api.post_jobs(weekly, {"source": definition("city", "county"), "source_name": "us/ca/berkeley"})
    await world.end("run.live", result=GOOD)
    before = await world.published()
    await world.merge(number)
    await world.end("run.live", result=GOOD)
    after = await world.published()
    assert all(after[name] > before[name] for name in before)


async def test_merge_goes_through_the_quality_gate(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town")})
    await world.end_samples()
    await world.end_full(result={**GOOD, "valid": 0})
    await world.merge(number)
    assert await world.published() == {}
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


async def test_pushes_dealt_with_in_the_wrong_order_end_with_the_newest_definition(world: GitHubWorld) -> None:
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


async def test_push_that_changes_the_layout_only_runs_nothing(world: GitHubWorld) -> None:
    text = as_json(definition("city", "county")).replace("    ", "\t")
    before, after = world.model.head, world.model.commit({BERKELEY: text}, to_branch=True)
    await world.send("push", push_event(world.model, before, after))
    await world.settle()
    assert await world.jobs() == []


async def test_push_that_removes_a_source_leaves_its_data(world: GitHubWorld) -> None:
    run = await world.api.run(live=True)
    await world.api.post_jobs(run, {"source": definition("city"), "source_name": "us/ca/berkeley"})
    await world.end("run.live", result=GOOD)
    published = await world.published()
    before, after = world.model.head, world.model.commit({BERKELEY: None}, to_branch=True)
    await world.send("push", push_event(world.model, before, after))
    await world.settle()
    assert await world.published() == published
    assert len(await world.jobs()) == 1


async def test_merge_into_another_branch_publishes_nothing(world: GitHubWorld) -> None:
    number, _ = await tried(world, "town")
    world.model.pulls[number].base_ref = "topic"
    await world.merge(number, tell=("pull_request",))
    assert await world.published() == {}
    assert await world.jobs("run.live") == []
