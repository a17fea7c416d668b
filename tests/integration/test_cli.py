"""The command line as a program, against the API: what it prints, and with which exit status it ends."""

import asyncio
import json
from pathlib import Path

import pytest

from oa_shared.queue import OutgoingMessage
from support.command_line import oa
from support.running_api import INTERNAL, RunningApi, definition


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "sources" / "xx" / "here.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(definition("city", "county")))
    return path


async def end_jobs(api: RunningApi, **statuses: str) -> None:
    """End the jobs as they appear, by the names of their entries, as a task would."""
    left = dict(statuses)
    while left:
        for job in (await api.get("/api/job?status=Pending", **INTERNAL))["jobs"]:
            change = {"status": left.pop(job["name"]), "attempt": 1, "token": job["token"]}
            if change["status"] == "Fail":
                change |= {"code": "source.not_found", "message": "https://x/a.zip answered 404"}
            await api.client.patch(f"/api/job/{job['id']}", json=change, headers=INTERNAL)
        await asyncio.sleep(0.05)


async def test_submit_file_makes_a_closed_run_named_by_its_path(api: RunningApi, source: Path) -> None:
    ended = await oa(api, "submit", str(source), "--live")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.strip() == "run 1: 2 jobs; `oa run watch 1` shows the progress"
    run, jobs = await api.get("/api/run/1"), (await api.get("/api/job"))["jobs"]
    assert (run["live"], run["closed"]) == (True, True)
    assert {(job["source_name"], job["name"]) for job in jobs} == {("xx/here", "city"), ("xx/here", "county")}


async def test_submit_layer_and_name_choose_without_asking(api: RunningApi, source: Path) -> None:
    ended = await oa(api, "submit", str(source), "--layer", "addresses", "--name", "city", "--json")
    assert (ended.status, ended.json) == (0, {"run": 1, "jobs": [1], "errors": []})


@pytest.mark.parametrize(
    ("city", "county", "status"),
    [("Success", "Success", 0), ("Success", "Fail", 1), ("Cancelled", "Success", 1), ("Warn", "Success", 5)],
)
async def test_submit_follow_ends_with_what_happened(
    api: RunningApi, source: Path, city: str, county: str, status: int
) -> None:
    ended, _ = await asyncio.gather(oa(api, "submit", str(source), "--follow"), end_jobs(api, city=city, county=county))
    assert ended.status == status
    assert "run 1: 2 of 2 ended" in ended.out.splitlines()[-1]
    if county == "Fail":
        assert "addresses/county Fail source.not_found: https://x/a.zip answered 404" in ended.out


async def test_submit_follow_json_is_a_value_a_line(api: RunningApi, source: Path) -> None:
    ended, _ = await asyncio.gather(
        oa(api, "submit", str(source), "--follow", "--json"), end_jobs(api, city="Success", county="Success")
    )
    *jobs, last = [json.loads(line) for line in ended.out.splitlines()]
    assert {job["status"] for job in jobs} >= {"Success"}
    assert (last["run"], last["status"], last["count"]["Success"]) == (1, "Ended", 2)


async def test_submit_repeated_name_is_told_and_counts_as_failure(api: RunningApi, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(definition("city", "city")))
    ended = await oa(api, "submit", str(path))
    assert ended.status == 1
    assert "a /layers/addresses/1/name: the name 'city' repeats that of /layers/addresses/0" in ended.err
    assert await api.count("job") == 1


@pytest.mark.parametrize(
    ("text", "status", "says"),
    [
        ("{", 2, "is not JSON"),
        ('{"schema": 1}', 4, "schema 1 is not supported: use schema 2 (source.schema)"),
        ("[]", 4, "a source definition is a JSON object"),
    ],
)
async def test_submit_bad_file_is_refused_and_no_run_stays_open(
    api: RunningApi, tmp_path: Path, text: str, status: int, says: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    ended = await oa(api, "submit", str(path))
    assert ended.status == status
    assert says in ended.err
    assert [run["closed"] for run in (await api.get("/api/run"))["runs"]] in ([], [True])


async def test_submit_what_is_not_there_is_wrong_usage(api: RunningApi) -> None:
    ended = await oa(api, "submit", "nowhere.json")
    assert (ended.status, await api.count("run")) == (2, 0)
    assert "nowhere.json is neither a file nor an http address" in ended.err


async def test_submit_url_that_is_refused_says_which(api: RunningApi) -> None:
    ended = await oa(api, "submit", "http://169.254.169.254/a.json")
    assert ended.status == 4
    assert "http://169.254.169.254/a.json: 169.254.169.254 is not on the public internet" in ended.err


async def test_wrong_secret_says_what_to_set(api: RunningApi, source: Path) -> None:
    ended = await oa(api, "submit", str(source), secret="wrong")
    words = "the shared secret is wrong: set OA_TOKEN, or OA_SHARED_SECRET to the secret of the services"
    assert (ended.status, ended.err.strip()) == (4, words)


async def test_nobody_there_says_where_it_looked() -> None:
    ended = await oa(None, "run", "list", url="http://127.0.0.1:1")
    assert ended.status == 3
    assert "http://127.0.0.1:1 does not answer" in ended.err


async def test_run_list_show_watch(api: RunningApi, source: Path) -> None:
    await oa(api, "submit", str(source))
    listed = await oa(api, "run", "list", "--json")
    assert [run["jobs"]["total"] for run in listed.json] == [2]
    assert "1 run" in (await oa(api, "run", "list", "--status", "Fail,Pending")).out
    shown = await oa(api, "run", "show", "1")
    assert "2 jobs" in shown.out
    assert shown.out.count("xx/here") == 2
    watched, _ = await asyncio.gather(oa(api, "run", "watch", "1"), end_jobs(api, city="Success", county="Success"))
    assert watched.status == 0
    assert (await oa(api, "run", "show", "9")).err.startswith("run 9 ")


async def test_job_list_show_cancel_rerun_log(api: RunningApi) -> None:
    job = await api.job()
    assert [found["id"] for found in (await oa(api, "job", "list", "--run", "1", "--json")).json] == [job["id"]]
    assert (await oa(api, "job", "list", "--status", "Fail", "--json")).json == []
    assert (await oa(api, "job", "cancel", "1")).out.strip() == "job 1 is Cancelled"
    again = await oa(api, "job", "cancel", "1")
    assert (again.status, again.err.strip()) == (4, "job 1 has ended already: Cancelled")
    assert "operator.cancelled: an operator cancelled the job" in (await oa(api, "job", "show", "1")).out
    assert (await oa(api, "job", "rerun", "1", "--json")).json == {"job": 1, "attempt": 2}
    assert "job 1 has no log yet" in (await oa(api, "job", "log", "1")).err
    line = {"timestamp": "2026-11-24T12:00:00Z", "level": "info", "event": "attempt_ended", "exit_status": 0}
    await api.storage.put_bytes("job/1/attempt-2/log.jsonl", json.dumps(line).encode() + b"\n")  # type: ignore[attr-defined]
    assert (await oa(api, "job", "log", "1")).out == "2026-11-24T12:00:00Z info attempt_ended exit_status=0\n"
    assert (await oa(api, "job", "log", "1", "--json")).json == line


async def test_bad_filter_names_the_field(api: RunningApi) -> None:
    ended = await oa(api, "job", "list", "--status", "Great")
    assert ended.status == 4
    assert "status: Unknown: Great; use Pending" in ended.err


async def test_queue_list_show_redrive(api: RunningApi) -> None:
    dead = api.queues["jobs"].dead
    assert dead is not None
    await dead.send_batch([OutgoingMessage("[red]not JSON[/red]", attributes={"reason": "unreadable"})] * 2)
    assert [item["dead"] for item in (await oa(api, "queue", "list", "--json")).json] == [2, 0]
    shown = await oa(api, "queue", "show", "jobs")
    assert "[red]not JSON[/red]" in shown.out
    assert "unreadable" in shown.out
    assert (await oa(api, "queue", "redrive", "jobs")).status == 2
    first = (await oa(api, "queue", "show", "jobs", "--json")).json[0]["id"]
    chosen = await oa(api, "queue", "redrive", "jobs", first, "nobody")
    assert (chosen.status, chosen.out.strip()) == (1, "1 sent back to jobs, 1 left; not there: nobody")
    assert (await oa(api, "queue", "redrive", "jobs", "--all")).out.strip() == "1 sent back to jobs, 0 left"
