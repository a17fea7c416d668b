"""Pull requests from the event to the comment, over HTTP: samples, full jobs, failures, newer commits, reruns."""

import json

import pytest

from oa_api.pull_requests.check_state import EntryOutcome
from oa_api.pull_requests.entry_markdown import END_OF_LOG, FIRST_ROWS, OUTCOME_LABELS
from oa_api.pull_requests.report import REMOVED
from oa_api.pull_requests.reviewer import MAX_ENTRIES
from oa_shared.failures import FAILURES
from oa_shared.ids import attempt_prefix
from support.fakes.github_events import check_run_event, check_suite_event, comment_event, pull_event
from support.fakes.github_server import as_json
from support.github_world import BERKELEY, GOOD, PUBLIC_URL, TOWN, GitHubWorld
from support.running_api import INTERNAL, definition

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOT_FOUND = {"code": "source.not_found", "message": "http://x/a.csv answered 404"}


async def test_pull_request_gets_samples_of_what_it_changes_at_once(world: GitHubWorld) -> None:
    changed = definition("city", "county")
    changed["layers"]["addresses"][1]["data"] = "http://x/new.csv"
    await world.pull({BERKELEY: changed, TOWN: definition("town"), "README.md": "Changed"})
    jobs = await world.jobs()
    assert [(job["source_name"], job["name"]) for job in jobs] == [("us/ca/berkeley", "county"), ("us/ca/town", "town")]
    assert {(job["sample"], job["live"], job["lane"]) for job in jobs} == {(100, False, "pull_request")}
    assert world.check_run()["status"] == "in_progress"
    assert "0 of 2 entries done" in world.comment()


async def test_comment_shows_the_sample_then_the_full_result(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition("town")})
    await world.end_samples()
    first = world.comment()
    assert "first 10" in first
    assert any(OUTCOME_LABELS[outcome] in first for outcome in (EntryOutcome.FULL_NEXT, EntryOutcome.FULL_QUEUED))
    await world.end_full()
    assert len(world.model.comments) == 1
    last = world.comment()
    for text in (
        OUTCOME_LABELS[EntryOutcome.PASSED],
        "<td>100<br>",
        "90.0%",
        "new",
        f"{PUBLIC_URL}/jobs/",
        "source.png",
    ):
        assert text in last
    assert world.check_run()["status"] == "completed"
    assert world.check_run()["conclusion"] == "success"
    assert [(job["sample"], job["status"]) for job in await world.jobs()] == [(100, "Success"), (None, "Success")]


async def test_full_job_starts_when_the_sample_times_out_which_is_canceled(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition("town")})
    assert len(await world.jobs()) == 1
    await world.api.database.execute("UPDATE job SET opened_at = now() - interval '80 seconds'")
    await world.settle()
    assert [(job["sample"], job["status"]) for job in await world.jobs()] == [(100, "Canceled"), (None, "Pending")]


async def test_failed_sample_is_final_for_a_failure_of_the_source(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition("town")})
    (job,) = await world.jobs()
    await world.storage.put_bytes(attempt_prefix(job["id"], 1) + "log.jsonl", b'{"event": "download_failed"}\n')
    await world.end("true", error=NOT_FOUND)
    assert len(await world.jobs()) == 1
    failure = FAILURES["source.not_found"]
    for text in ("1 of 1 failed", failure.title, NOT_FOUND["message"], failure.hint, END_OF_LOG, "download_failed"):
        assert text in world.comment()
    assert world.check_run()["conclusion"] == "failure"
    (annotation,) = world.model.annotations[world.check_run()["id"]]
    assert annotation["path"] == TOWN
    assert annotation["start_line"] == 6


async def test_failed_full_job_is_shown_in_the_same_comment(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition("town")})
    await world.end_samples()
    await world.end_full(error={"code": "source.test_failed", "message": "expected Main Street"})
    assert FAILURES["source.test_failed"].title in world.comment()
    assert len(world.model.comments) == 1
    assert world.check_run()["conclusion"] == "failure"


async def test_broken_definition_gets_annotations_on_its_lines_and_no_job(world: GitHubWorld) -> None:
    broken = as_json(definition("city")).replace('"protocol": "http"', '"protocol": 7')
    await world.pull({BERKELEY: broken, TOWN: '{"schema": 2,\n "layers": }'})
    assert await world.jobs() == []
    assert world.check_run()["conclusion"] == "failure"
    annotations = world.model.annotations[world.check_run()["id"]]
    lines = broken.splitlines()
    place = next(number for number, line in enumerate(lines, 1) if '"protocol"' in line)
    assert [(each["path"], each["start_line"]) for each in annotations] == [(BERKELEY, place), (TOWN, 2)]
    assert "2 problems in definitions" in world.comment()


async def test_runs_of_a_pull_request_and_of_its_merge_keep_its_broken_definitions(world: GitHubWorld) -> None:
    number = await world.pull({BERKELEY: definition("other"), TOWN: '{"schema": 2,\n "layers": }'})
    await world.merge(number)
    runs = {job["run_id"] for job in await world.jobs()}
    assert len(runs) == 2
    for run in runs:
        (refusal,) = (await world.api.get(f"/api/run/{run}"))["refusals"]
        assert refusal["source"] == TOWN
        assert refusal["message"].startswith("line 2: ")


async def test_more_than_fifty_annotations_all_arrive_once(world: GitHubWorld) -> None:
    number = await world.pull({f"sources/xx/{place:03}.json": "{" for place in range(120)})
    assert len(world.model.annotations[world.check_run()["id"]]) == 120
    await world.send("pull_request", pull_event(world.model, number, "reopened"))
    await world.settle()
    assert len(world.model.annotations[world.check_run()["id"]]) == 120


async def test_newer_commit_supersedes_the_older_one(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town")})
    older = world.model.pulls[number].head_sha
    await world.push_to_pull(number, {TOWN: definition("village")})
    assert [(job["name"], job["status"]) for job in await world.jobs()] == [
        ("town", "Canceled"),
        ("village", "Pending"),
    ]
    assert world.check_run(older)["conclusion"] == "canceled"
    assert world.check_run()["status"] == "in_progress"
    assert "village" in world.comment()
    assert "town/addresses/town" not in world.comment()


async def test_late_event_of_an_older_commit_changes_nothing(world: GitHubWorld) -> None:
    number = world.model.open_pull(world.model.commit({TOWN: as_json(definition("town"))}))
    late = pull_event(world.model, number, "opened")
    await world.push_to_pull(number, {TOWN: definition("village")})
    await world.send("pull_request", late)
    await world.settle()
    assert [job["name"] for job in await world.jobs()] == ["village"]


async def test_commit_that_becomes_the_head_again_runs_again(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town")})
    older = world.model.pulls[number].head_sha
    await world.push_to_pull(number, {TOWN: definition("village")})
    world.model.push_to_pull(number, older)
    await world.send("pull_request", pull_event(world.model, number, "synchronize"))
    await world.settle()
    assert [(job["name"], job["status"], job["attempt"]) for job in await world.jobs()] == [
        ("town", "Pending", 2),
        ("village", "Canceled", 1),
    ]


async def test_closed_pull_request_ends_its_jobs(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town")})
    world.model.close(number)
    await world.send("pull_request", pull_event(world.model, number, "closed"))
    await world.settle()
    assert [job["status"] for job in await world.jobs()] == ["Canceled"]
    assert world.check_run()["conclusion"] == "canceled"


async def test_pull_request_without_sources_gets_a_check_and_no_comment(world: GitHubWorld) -> None:
    await world.pull({"README.md": "Other words"})
    assert world.check_run()["conclusion"] == "success"
    assert world.model.comments == {}


async def test_pull_request_of_a_deleted_fork_runs(world: GitHubWorld) -> None:
    number = world.model.open_pull(world.model.commit({TOWN: as_json(definition("town"))}), fork=None)
    await world.send("pull_request", pull_event(world.model, number, "opened"))
    await world.settle()
    assert len(await world.jobs()) == 1


async def test_removed_and_renamed_sources_are_listed(world: GitHubWorld) -> None:
    await world.pull({BERKELEY: None, "sources/us/ca/moved.json": definition("city", "county")})
    assert [(job["source_name"], job["name"]) for job in await world.jobs()] == [
        ("us/ca/moved", "city"),
        ("us/ca/moved", "county"),
    ]
    assert "us/ca/berkeley/addresses/county" in world.comment()
    assert REMOVED in world.comment()


async def test_pull_request_of_more_than_300_files_is_read_completely(world: GitHubWorld) -> None:
    await world.pull({f"sources/xx/{place:03}.json": definition("town") for place in range(320)})
    assert len(await world.jobs()) == 320
    assert len(world.comment()) < 65_536


async def test_pull_request_of_too_many_entries_creates_no_jobs(world: GitHubWorld) -> None:
    names = [f"n{place}" for place in range(501)]
    await world.pull({TOWN: definition(*names[:300]), BERKELEY: definition(*names[300:])})
    assert await world.jobs() == []
    assert f"more than {MAX_ENTRIES} entries change" in world.comment()


async def test_result_worse_than_the_published_one_is_neutral_with_reasons(world: GitHubWorld) -> None:
    run = await world.api.run(live=True)
    await world.api.post_jobs(run, {"source": definition("city"), "source_name": "us/ca/berkeley"})
    await world.end("run.live", result=GOOD)
    await world.pull({BERKELEY: definition("city", coverage={"country": "us"})})
    await world.end_samples()
    changes = {"previous": True, "added": 2, "removed": 52, "changed": 3, "unchanged": 40}
    await world.end_full(result={**GOOD, "count": 50, "fields": {"number": 0, "street": 50}, "changes": changes})
    assert world.check_run()["conclusion"] == "neutral"
    for text in (
        OUTCOME_LABELS[EntryOutcome.WOULD_NEED_REVIEW],
        "100 published",
        "2 added, 52 removed, 3 changed",
        "every number is empty",
    ):
        assert text in world.comment()


async def test_rerun_from_the_check_reruns_failed_entries_in_a_new_round(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition("town", "village")})
    await world.end("job.name = 'town'", error=NOT_FOUND)
    await world.end("job.name = 'village'", result=GOOD)
    await world.end_full()
    first = world.check_run()
    await world.send("check_run", check_run_event(world.model, first["id"]))
    await world.settle()
    attempts = {job["name"]: job["attempt"] for job in await world.jobs("run.sample IS NOT NULL")}
    assert attempts == {"town": 2, "village": 1}
    assert world.check_run()["id"] != first["id"]
    assert world.check_run()["status"] == "in_progress"
    await world.end_samples()
    await world.end_full()
    assert world.check_run()["conclusion"] == "success"
    assert len(world.model.comments) == 1


@pytest.mark.parametrize("event", ["requested_action", "check_suite", "author", "collaborator"])
async def test_rerun_can_be_requested_in_every_way(world: GitHubWorld, event: str) -> None:
    number = await world.pull({TOWN: definition("town")})
    await world.end("true", error=NOT_FOUND)
    check_run = world.check_run()
    events = {
        "requested_action": ("check_run", check_run_event(world.model, check_run["id"], "requested_action")),
        "check_suite": ("check_suite", check_suite_event(world.model, check_run["head_sha"])),
        "author": ("issue_comment", comment_event(world.model, number, " Re-run \n")),
        "collaborator": ("issue_comment", comment_event(world.model, number, "/rerun", by="x", association="MEMBER")),
    }
    await world.send(*events[event])
    await world.settle()
    assert [job["attempt"] for job in await world.jobs()] == [2]


async def test_rerun_requested_by_another_user_is_ignored(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town")})
    await world.end("true", error=NOT_FOUND)
    event = comment_event(world.model, number, "re-run", by="stranger", association="CONTRIBUTOR")
    status, response = await world.send("issue_comment", event)
    await world.settle()
    assert status == 200
    assert response["state"] == "ignored"
    assert [job["attempt"] for job in await world.jobs()] == [1]


async def test_source_that_sets_skip_is_no_failure(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition("town")})
    await world.end("true", error={"code": "source.skip", "message": "/layers/addresses/0/skip is set"})
    assert world.check_run()["conclusion"] == "neutral"
    assert OUTCOME_LABELS[EntryOutcome.SKIPPED] in world.comment()


async def test_rerun_while_other_entries_run_keeps_the_check_run(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town", "village")})
    await world.end("job.name = 'town'", error=NOT_FOUND)
    await world.send("issue_comment", comment_event(world.model, number, "re-run"))
    await world.settle()
    assert [(job["name"], job["attempt"]) for job in await world.jobs()] == [("town", 2), ("village", 1)]
    assert len(world.model.check_runs) == 1


async def test_rerun_by_an_operator_is_published_in_another_round(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition("town")})
    await world.end("true", error=NOT_FOUND)
    (job,) = await world.jobs()
    await world.api.client.post(f"/api/job/{job['id']}/rerun", headers=INTERNAL)
    world.worker._woken_at = 0.0
    await world.settle()
    await world.end_samples()
    await world.end_full()
    assert [run["conclusion"] for run in world.model.check_runs.values()] == ["failure", "success"]
    assert OUTCOME_LABELS[EntryOutcome.PASSED] in world.comment()


async def test_first_rows_are_shown_as_input_and_output(world: GitHubWorld) -> None:
    await world.pull({TOWN: definition("town")})
    (job,) = await world.jobs()
    made = [{"attribute": "number", "value": "12", "step": None}, {"attribute": "unit", "value": "", "step": None}]
    row = {"row": 1, "raw": {"NO": "12 ", "X": "<b>"}, "attributes": made, "geometry": "POINT (1 2)"}
    key = attempt_prefix(job["id"], 1) + "sample.json"
    await world.storage.put_bytes(key, json.dumps({"rows": [row] * 9}).encode())
    await world.end_samples()
    text = world.comment()
    assert "<td><code>NO: 12</code><br><code>X: &lt;b&gt;</code></td>" in text
    assert "<td><code>number: 12</code><br><code>geometry: POINT (1 2)</code></td>" in text
    assert text.count("POINT (1 2)") == 3


@pytest.mark.parametrize("body", [b"", b"not JSON", b"{}", b'{"rows": 5}', b'{"rows": [{"raw": 1}]}', b"[1]"])
async def test_unreadable_sample_is_left_out(world: GitHubWorld, body: bytes) -> None:
    await world.pull({TOWN: definition("town")})
    (job,) = await world.jobs()
    await world.storage.put_bytes(attempt_prefix(job["id"], 1) + "sample.json", body)
    await world.end_samples()
    assert OUTCOME_LABELS[EntryOutcome.FULL_QUEUED] in world.comment()
    assert FIRST_ROWS not in world.comment()


async def test_pull_request_onto_another_branch_is_examined_again(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town"), BERKELEY: definition("city")})
    old_jobs = await world.jobs()
    assert [job["name"] for job in old_jobs] == ["town"]
    head = world.model.pulls[number].head_sha
    # The other branch has the town already, and one entry of the other source, which the new commit renames.
    branch = world.model.commit({TOWN: as_json(definition("town"))}, parent=world.model.commits[head].parent)
    world.model.pulls[number].head_sha = world.model.commit({BERKELEY: as_json(definition("shore"))}, parent=branch)
    world.model.change_base(number, "release", branch)
    changes = {"base": {"ref": {"from": "master"}, "sha": {"from": world.model.head}}}
    await world.send("pull_request", pull_event(world.model, number, "edited", changes=changes))
    await world.settle()
    jobs = await world.jobs()
    assert [job["status"] for job in jobs if job["id"] == old_jobs[0]["id"]] == ["Canceled"]
    assert [job["name"] for job in jobs if job["id"] != old_jobs[0]["id"]] == ["shore"]


async def test_same_commit_onto_another_branch_starts_another_round(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town"), BERKELEY: definition("city", "county", "shore")})
    first = await world.jobs()
    assert sorted(job["name"] for job in first) == ["shore", "town"]
    pull = world.model.pulls[number]
    # A branch that has the town of the pull request: only the other change is left.
    branch = world.model.commit({TOWN: as_json(definition("town"))}, parent=world.model.commits[pull.head_sha].parent)
    world.model.commits[pull.head_sha].parent = branch
    world.model.change_base(number, "release", branch)
    changes = {"base": {"ref": {"from": "master"}, "sha": {"from": world.model.head}}}
    event = pull_event(world.model, number, "edited", changes=changes)
    for _ in range(2):
        await world.send("pull_request", event)
        await world.settle()
    later = [job for job in await world.jobs() if job["id"] > first[-1]["id"]]
    assert [job["name"] for job in later] == ["shore"]
    assert {job["status"] for job in await world.jobs() if job["id"] <= first[-1]["id"]} == {"Canceled"}
    await world.end_samples()
    await world.end_full()
    assert world.check_run(pull.head_sha)["conclusion"] == "success"
    assert "us/ca/town" not in world.comment()
    assert len(world.model.comments) == 1


async def test_edited_title_changes_nothing(world: GitHubWorld) -> None:
    number = await world.pull({TOWN: definition("town")})
    event = pull_event(world.model, number, "edited", changes={"title": {"from": "Old"}})
    _, answer = await world.send("pull_request", event)
    assert answer["state"] == "ignored"
    assert len(await world.jobs()) == 1
