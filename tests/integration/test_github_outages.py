"""GitHub unavailable, limiting or refusing; processes that die or run twice; hostile text."""

import asyncio
from typing import Any

import pytest
from markdown_it import MarkdownIt

from oa_api.db.database import Database
from oa_api.pull_requests.check_state import EntryOutcome
from oa_api.pull_requests.entry_markdown import OUTCOME_LABELS
from oa_api.pull_requests.event_actions import OUTDATED
from oa_api.pull_requests.events import parse_task
from oa_api.pull_requests.factory import open_github
from oa_api.pull_requests.report import MARKER
from oa_api.pull_requests.worker import ALREADY_DONE, GitHubWorker, RetryDelays
from oa_shared.settings import SettingsError
from support.direct_examiner import DirectExaminer
from support.fakes.github_events import pull_event
from support.fakes.github_model import APP_ID
from support.fakes.github_server import Fault, as_json
from support.fakes.memory_storage import MemoryStorage
from support.github_world import TOWN, GitHubWorld, github_world, settings_of
from support.running_api import definition

HOSTILE = (
    "</code></pre>\n\n@everyone <img src=x onerror=alert(1)> [click](http://evil.example) http://evil.example `x` | #1"
)
# A name has one line: the schema refuses control characters there.
HOSTILE_NAME = HOSTILE.replace("\n", " ")

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_outage_of_github_delays_all_work(world: GitHubWorld) -> None:
    world.github.faults.append(Fault(502, times=4))
    await world.pull({TOWN: definition("town")})
    await world.end_samples()
    world.github.faults.append(Fault(503, times=3))
    await world.end_full()
    await world.settle()
    assert world.check_run()["conclusion"] == "success"
    assert len(world.model.comments) == 1


async def test_pause_that_github_requires_is_kept(database_url: str) -> None:
    async with github_world(database_url) as world:
        world.github.faults.append(Fault(403, headers={"Retry-After": "120"}))
        await world.pull({TOWN: definition("town")})
        count = len(world.github.requests)
        await world.settle()
        assert len(world.github.requests) == count == 1
        row = await world.api.database.first(
            "SELECT due_at > now() + interval '100 seconds' AS later FROM github_delivery"
        )
        assert row == {"later": True}


async def test_hourly_limit_is_waited_out(database_url: str) -> None:
    async with github_world(database_url) as world:
        world.github.faults.append(
            Fault(403, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "32503680000"})
        )
        await world.pull({TOWN: definition("town")})
        assert len(world.github.requests) == 1
        assert await world.jobs() == []


@pytest.mark.parametrize(
    "message",
    [
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        "You have exceeded a secondary rate limit and have been temporarily blocked from content creation.",
        "You have triggered an abuse detection mechanism. Please retry your request again later.",
        "API rate limit exceeded for installation ID 99.",
    ],
)
async def test_rate_limit_without_headers_is_a_pause_that_doubles(database_url: str, message: str) -> None:
    async with github_world(database_url) as world:
        world.github.faults.append(Fault(403, message=message, times=2))
        await world.pull({TOWN: definition("town")})
        assert len(world.github.requests) == 1
        assert 55 < await pause_s(world) <= 60
        world.worker._planner._repository._client._paused_until = 0.0
        await world.skip_pauses()
        await world.worker.run_once()
        assert len(world.github.requests) == 2
        assert 115 < await pause_s(world) <= 120
        world.worker._planner._repository._client._paused_until = 0.0
        await world.settle()
        assert len(await world.jobs()) == 1


async def test_refusal_that_speaks_of_no_limit_is_no_pause(world: GitHubWorld) -> None:
    world.github.faults.append(Fault(403, message="Resource not accessible by integration", times=1000))
    await world.pull({TOWN: definition("town")})
    row = await world.api.database.first("SELECT state, reason FROM github_delivery")
    assert row is not None
    assert row["state"] == "abandoned"
    assert "403" in row["reason"]


async def pause_s(world: GitHubWorld) -> float:
    row = await world.api.database.first("SELECT extract(epoch FROM due_at - now())::float AS s FROM github_delivery")
    assert row is not None
    return float(row["s"])


async def test_token_that_github_revoked_is_renewed(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition("town")})
    made = world.github.count("POST", "/access_tokens")
    world.github.revoke()
    await world.end_samples()
    assert world.github.count("POST", "/access_tokens") == made + 1
    assert OUTCOME_LABELS[EntryOutcome.FULL_QUEUED] in world.comment()


async def test_refused_delivery_is_abandoned_after_five_tries_with_its_reason(world: GitHubWorld) -> None:
    world.github.faults.append(Fault(404, times=1000, when=lambda _method, path: "/compare/" in path))
    await world.pull({TOWN: definition("town")})
    row = await world.api.database.first("SELECT state, reason, tries FROM github_delivery")
    assert row is not None
    assert row["state"] == "abandoned"
    assert row["tries"] == 5
    assert "/compare/" in row["reason"]


@pytest.mark.parametrize(("refused", "check_runs", "comments"), [("/comments", 1, 0), ("/check-runs", 0, 1)])
async def test_check_run_or_comment_suffices_when_github_refuses_the_other(
    world: GitHubWorld, refused: str, check_runs: int, comments: int
) -> None:
    world.github.faults.append(Fault(403, times=1000, when=lambda _method, path: path.endswith(refused)))
    await world.pull({TOWN: definition("town")})
    await world.end_samples()
    await world.end_full()
    assert len(world.model.check_runs) == check_runs
    assert len(world.model.comments) == comments
    assert await world.api.database.first("SELECT is_settled, round FROM github_check") == {
        "is_settled": True,
        "round": 1,
    }
    assert [job["status"] for job in await world.jobs()] == ["Success", "Success"]


async def test_check_that_cannot_be_published_is_abandoned_once(world: GitHubWorld) -> None:
    world.github.faults.append(
        Fault(403, times=1000, when=lambda method, path: method != "GET" and "/app/" not in path)
    )
    await world.pull({TOWN: definition("town")})
    for _ in range(3):
        world.worker._woken_at = 0.0
        await world.settle()
    row = await world.api.database.first("SELECT is_settled, shown, round FROM github_check")
    assert row == {"is_settled": True, "shown": "abandoned", "round": 1}


async def test_outage_of_a_day_abandons_the_delivery(world: GitHubWorld) -> None:
    world.github.faults.append(Fault(502, times=1000))
    number = world.model.open_pull(world.model.commit({TOWN: as_json(definition("town"))}))
    await world.send("pull_request", pull_event(world.model, number, "opened"))
    await world.api.database.execute("UPDATE github_delivery SET tries = 149")
    await world.settle()
    row = await world.api.database.first("SELECT state FROM github_delivery")
    assert row == {"state": "abandoned"}


@pytest.mark.parametrize("part", ["/check-runs", "/comments"])
async def test_lost_response_creates_nothing_twice(world: GitHubWorld, part: str) -> None:
    world.github.faults.append(
        Fault(502, after=True, when=lambda method, path: method == "POST" and path.endswith(part))
    )
    await world.pull({TOWN: definition("town")})
    await world.settle()
    assert len(world.model.check_runs) == 1
    assert len(world.model.comments) == 1


async def test_annotations_whose_response_is_lost_are_added_once(world: GitHubWorld) -> None:
    world.github.faults.append(Fault(502, times=2, after=True, when=lambda method, _path: method == "PATCH"))
    await world.pull({f"sources/xx/{place:03}.json": "{" for place in range(60)})
    await world.settle()
    assert len(world.model.annotations[world.check_run()["id"]]) == 60


async def test_comment_is_found_again_by_its_marker(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition("town")})
    await world.api.database.execute("UPDATE github_pull SET comment = NULL")
    await world.end_samples()
    assert len(world.model.comments) == 1


async def test_comment_of_another_author_with_the_marker_is_not_changed(world: GitHubWorld) -> None:
    number = world.model.open_pull(world.model.commit({TOWN: as_json(definition("town"))}))
    for place, app in ((1, None), (2, {"id": int(APP_ID) + 1})):
        world.model.comments[place] = {"id": place, "pull": number, "body": MARKER, "performed_via_github_app": app}
    await world.send("pull_request", pull_event(world.model, number, "opened"))
    await world.settle()
    assert [world.model.comments[place]["body"] for place in (1, 2)] == [MARKER, MARKER]
    assert len(world.model.comments) == 3


async def test_deleted_comment_is_written_again(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition("town")})
    world.model.comments.clear()
    await world.end_samples()
    assert OUTCOME_LABELS[EntryOutcome.FULL_QUEUED] in world.comment()


async def test_two_processes_execute_everything_once(world: GitHubWorld) -> None:
    database = await Database.open(world.database_url)
    world.github.slow_s = 0.01
    try:
        async with open_github(
            settings_of(world.github, world.database_url),
            database=database,
            storage=MemoryStorage(),
            examiner=DirectExaminer(),
            delays=RetryDelays(refresh_s=0, delays_s=(0.0,)),
        ) as other:
            for place in range(4):
                changes = {f"sources/xx/{place}.json": as_json(definition("town"))}
                number = world.model.open_pull(world.model.commit(changes))
                for action in ("opened", "synchronize"):
                    await world.send("pull_request", pull_event(world.model, number, action))
            await asyncio.gather(_work(world.worker), _work(other))
    finally:
        await database.close()
    assert len(await world.jobs()) == 4
    assert len(world.model.check_runs) == 4
    assert len(world.model.comments) == 4


async def test_outdated_state_of_a_pull_request_changes_nothing(world: GitHubWorld) -> None:
    number = world.model.open_pull(world.model.commit({TOWN: as_json(definition("town"))}))
    await world.send("pull_request", pull_event(world.model, number, "opened"))
    delivery = await world.worker.claim_delivery()
    assert delivery is not None
    slow = await world.worker._planner.prepare(parse_task(delivery.task))
    await world.push_to_pull(number, {TOWN: definition("village")})
    assert await world.api.database.run(slow) == OUTDATED
    assert [(job["name"], job["status"]) for job in await world.jobs()] == [("village", "Pending")]


async def test_own_comment_is_found_among_many(database_url: str) -> None:
    async with github_world(database_url, page_size=2) as world:
        await world.pull({TOWN: definition("town")})
        (number,) = world.model.pulls
        ours = world.model.comments.popitem()
        others = {place: {"id": place, "pull": number, "body": "me too"} for place in range(1, 8)}
        world.model.comments.update({**others, ours[0]: ours[1]})
        await world.api.database.execute("UPDATE github_pull SET comment = NULL")
        await world.end_samples()
        assert len(world.model.comments) == 8
        assert OUTCOME_LABELS[EntryOutcome.FULL_QUEUED] in ours[1]["body"]


async def _work(worker: GitHubWorker) -> None:
    for _ in range(30):
        await worker.run_once()


async def test_action_that_is_prepared_twice_is_executed_once(world: GitHubWorld) -> None:
    number = world.model.open_pull(world.model.commit({TOWN: as_json(definition("town"))}))
    await world.send("pull_request", pull_event(world.model, number, "opened"))
    delivery = await world.worker.claim_delivery()
    assert delivery is not None
    outcomes = await asyncio.gather(world.worker.act_on(delivery), world.worker.act_on(delivery))
    assert sorted(outcome == ALREADY_DONE for outcome in outcomes) == [False, True]
    assert len(await world.jobs()) == 1


async def test_untrusted_text_is_shown_as_text_only(world: GitHubWorld) -> None:
    refused = {"sources/xx/bad.json": as_json({"schema": HOSTILE}), "sources/xx/lines.json": definition(HOSTILE)}
    await world.pull({TOWN: definition(HOSTILE_NAME, "good"), **refused})
    (job, _) = await world.jobs()
    assert job["name"] == HOSTILE_NAME
    await world.storage.put_bytes(
        f"job/{job['id']}/attempt-1/log.jsonl", f'{{"event": {HOSTILE!a}}}\n{HOSTILE}\n'.encode()
    )
    await world.end(f"job.id = {job['id']}", error={"code": "source.format", "message": f"{HOSTILE}\n\n{HOSTILE}"})
    text = world.comment()
    rendered = MarkdownIt("commonmark", {"linkify": False}).enable("table").render(text)
    assert "evil.example" in rendered
    for piece in _outside_of_code(rendered):
        for forbidden in ("evil.example", "@everyone", "onerror", "click"):
            assert forbidden not in piece


def _outside_of_code(rendered: str) -> list[str]:
    """Return the parts of a page outside of <code> and <pre>, tags included."""
    kept, rest = [], rendered
    while rest:
        starts = [(rest.find(f"<{tag}>"), tag) for tag in ("code", "pre") if f"<{tag}>" in rest]
        if not starts:
            return [*kept, rest]
        start, tag = min(starts)
        kept.append(rest[:start])
        rest = rest[start:].partition(f"</{tag}>")[2]
    return kept


def _dependencies(world: GitHubWorld) -> dict[str, Any]:
    return {"database": world.api.database, "storage": MemoryStorage(), "examiner": DirectExaminer()}


async def test_invalid_settings_raise_at_the_start(world: GitHubWorld) -> None:
    for more in ({"github_private_key": "not a key"}, {"github_app_id": ""}):
        settings = settings_of(world.github, world.database_url, **more)
        with pytest.raises(SettingsError, match="OA_GITHUB"):
            async with open_github(settings, **_dependencies(world)):
                pass


async def test_host_that_is_not_public_gets_no_request(world: GitHubWorld) -> None:
    settings = settings_of(world.github, world.database_url, allowed_hosts=())
    async with open_github(settings, **_dependencies(world)) as worker:
        number = world.model.open_pull(world.model.commit({TOWN: as_json(definition("town"))}))
        await world.send("pull_request", pull_event(world.model, number, "opened"))
        await worker.run_once()
    assert world.github.requests == []
