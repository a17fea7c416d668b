"""The command line as a program, against the API: its output and exit statuses."""

import asyncio
import json
from pathlib import Path

import pytest

from oa_shared.failures import FAILURES
from oa_shared.queue import OutgoingMessage
from support.command_line import oa
from support.running_api import INTERNAL, RunningApi, definition


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "sources" / "xx" / "here.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(definition("city", "county")))
    return path


def page_url(api: RunningApi) -> str:
    return str(api.client.make_url("")).rstrip("/")


async def end_jobs(api: RunningApi, **statuses: str) -> None:
    """End the jobs when they appear, by the names of their entries, as tasks do."""
    left = dict(statuses)
    while left:
        for job in (await api.get("/api/job?status=Pending", **INTERNAL))["jobs"]:
            change = {"status": left.pop(job["name"]), "attempt": 1, "token": job["token"]}
            if change["status"] == "Fail":
                change |= {"code": "source.not_found", "message": "https://x/a.zip answered 404"}
            await api.client.patch(f"/api/job/{job['id']}", json=change, headers=INTERNAL)
        await asyncio.sleep(0.05)


async def test_submit_file_creates_a_closed_run_with_the_source_name_of_its_path(api: RunningApi, source: Path) -> None:
    ended = await oa(api, "submit", str(source), "--live")
    assert ended.status == 0
    assert ended.err == ""
    assert ended.out.splitlines() == ["run 1: 2 jobs; `oa run watch 1` shows the progress", f"{page_url(api)}/runs/1"]
    run, jobs = await api.get("/api/run/1"), (await api.get("/api/job"))["jobs"]
    assert run["live"] is True
    assert run["closed"] is True
    assert {(job["source_name"], job["name"]) for job in jobs} == {("xx/here", "city"), ("xx/here", "county")}


async def test_submit_layer_and_name_select_without_a_prompt(api: RunningApi, source: Path) -> None:
    ended = await oa(api, "submit", str(source), "--layer", "addresses", "--name", "city", "--json")
    assert ended.status == 0
    created = {"run": 1, "jobs": [1], "existing": [], "different": [], "errors": []}
    assert ended.json == {**created, "page": f"{page_url(api)}/runs/1"}


@pytest.fixture
def other_source(source: Path, tmp_path: Path) -> Path:
    """Return the file of another definition with the name of `source`."""
    path = tmp_path / "other" / "sources" / "xx" / source.name
    path.parent.mkdir(parents=True)
    path.write_text(source.read_text().replace('"coverage": {}', '"coverage": {"country": "xx"}'))
    return path


async def test_submit_two_definitions_of_an_entry_names_the_job(
    api: RunningApi, source: Path, other_source: Path
) -> None:
    words = (str(source), str(other_source), "--layer", "addresses", "--name", "city", "--json")
    ended = await oa(api, "submit", *words)
    assert (ended.status, ended.json["jobs"], ended.json["different"]) == (1, [1], [1])
    assert "job 1 runs the first of several definitions" in ended.err


@pytest.mark.parametrize(
    ("city", "county", "status"),
    [("Success", "Success", 0), ("Success", "Fail", 1), ("Canceled", "Success", 1), ("Warn", "Success", 5)],
)
async def test_submit_follow_exits_with_the_outcome(
    api: RunningApi, source: Path, city: str, county: str, status: int
) -> None:
    ended, _ = await asyncio.gather(oa(api, "submit", str(source), "--follow"), end_jobs(api, city=city, county=county))
    assert ended.status == status
    assert "run 1: 2 of 2 ended" in ended.out.splitlines()[-1]
    if county == "Fail":
        assert "addresses/county Fail source.not_found: https://x/a.zip answered 404" in ended.out
        assert FAILURES["source.not_found"].hint in ended.out
        assert f"{page_url(api)}/jobs/" in ended.out
    assert f"{page_url(api)}/runs/1" in ended.out


async def test_submit_follow_json_prints_json_lines(api: RunningApi, source: Path) -> None:
    ended, _ = await asyncio.gather(
        oa(api, "submit", str(source), "--follow", "--json"), end_jobs(api, city="Success", county="Success")
    )
    *jobs, last = [json.loads(line) for line in ended.out.splitlines()]
    assert {job["status"] for job in jobs} >= {"Success"}
    assert last["run"] == 1
    assert last["status"] == "Ended"
    assert last["count"]["Success"] == 2


async def test_submit_duplicate_name_is_reported_as_a_failure(api: RunningApi, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(definition("city", "city"), indent=1))
    ended = await oa(api, "submit", str(path))
    assert ended.status == 1
    lines = path.read_text().splitlines()
    first, second = (line for line, text in enumerate(lines, 1) if '"name"' in text)
    assert ended.err.startswith(f"{path}:{second}:5: duplicate name 'city': {path}:{first - 1}:4 has it already; ")
    assert await api.count("job") == 1


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ("{", 4, "a.json:1:2: not JSON: the text ends too early"),
        ('"text"', 4, "a.json:1:1: a source definition is a JSON object"),
        ("[" * 100_000, 4, "nested too deeply"),
        (" " * (2 << 20) + "{}", 4, "larger than 2,097,152 bytes"),
        ('{"schema": 1}', 4, "schema 1 is not supported: use schema 2 (source.schema)"),
        ("[]", 4, "a source definition is a JSON object"),
    ],
)
async def test_submit_invalid_file_is_rejected_and_leaves_no_open_run(
    api: RunningApi, tmp_path: Path, text: str, status: int, message: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    ended = await oa(api, "submit", str(path))
    assert ended.status == status
    assert message in ended.err
    assert [run["closed"] for run in (await api.get("/api/run"))["runs"]] in ([], [True])


async def test_submit_missing_file_is_wrong_usage(api: RunningApi) -> None:
    ended = await oa(api, "submit", "nowhere.json")
    assert ended.status == 2
    assert await api.count("run") == 0
    assert "nowhere.json" in ended.err


async def test_submit_refused_url_is_named(api: RunningApi) -> None:
    ended = await oa(api, "submit", "http://169.254.169.254/a.json")
    assert ended.status == 4
    assert "http://169.254.169.254/a.json: 169.254.169.254 is not on the public internet" in ended.err


async def test_wrong_secret_names_the_variables_to_set(api: RunningApi, source: Path) -> None:
    ended = await oa(api, "submit", str(source), secret="wrong")
    assert ended.status == 7
    assert ended.err.strip().endswith(": set OA_TOKEN (services: OA_SHARED_SECRET)")


async def test_unreachable_api_is_named() -> None:
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
    assert shown.out.count("xx/here  addresses") == 2
    watched, _ = await asyncio.gather(oa(api, "run", "watch", "1"), end_jobs(api, city="Success", county="Success"))
    assert watched.status == 0
    assert (await oa(api, "run", "show", "9")).status == 4


async def test_job_list_show_cancel_rerun_log(api: RunningApi) -> None:
    job = await api.job()
    assert [found["id"] for found in (await oa(api, "job", "list", "--run", "1", "--json")).json] == [job["id"]]
    assert (await oa(api, "job", "list", "--status", "Fail", "--json")).json == []
    assert (await oa(api, "job", "cancel", "1")).out.strip() == "job 1: Canceled"
    again = await oa(api, "job", "cancel", "1")
    assert again.status == 4
    assert "Canceled" in again.err
    assert "operator.canceled: " in (await oa(api, "job", "show", "1")).out
    assert (await oa(api, "job", "rerun", "1", "--json")).json == {"job": 1, "attempt": 2}
    assert "job 1: no log lines yet" in (await oa(api, "job", "log", "1")).err
    line = {"timestamp": "2026-11-24T12:00:00Z", "level": "info", "event": "attempt_ended", "exit_status": 0}
    await api.storage.put_bytes("job/1/attempt-2/log.jsonl", json.dumps(line).encode() + b"\n")  # type: ignore[attr-defined]
    assert (await oa(api, "job", "log", "1")).out == "2026-11-24T12:00:00Z info attempt_ended exit_status=0\n"
    assert (await oa(api, "job", "log", "1", "--json")).json == line


async def test_invalid_filter_names_the_field(api: RunningApi) -> None:
    ended = await oa(api, "job", "list", "--status", "Great")
    assert ended.status == 4
    assert "  status: " in ended.err
    assert "Great" in ended.err


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
    chosen = await oa(api, "queue", "redrive", "jobs", first, "unknown")
    assert chosen.status == 1
    assert chosen.out.strip() == "1 redriven to jobs, 1 left; not found: unknown"
    assert (await oa(api, "queue", "redrive", "jobs", "--all")).out.strip() == "1 redriven to jobs, 0 left"


async def test_submit_of_refused_files_leaves_no_run(api: RunningApi, tmp_path: Path) -> None:
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    files[0].write_text('{"schema": 2, "nummer": 1, "coverage": {}, "layers": {}}')
    files[1].write_text("[]")
    ended = await oa(api, "submit", *map(str, files))
    assert ended.status == 4
    assert await api.count("run") == 0
    assert "every definition was refused" in ended.err
    assert f"{files[0]}:1:15: unknown key 'nummer'" in ended.err
    assert f"{files[1]}:1:1: a source definition is a JSON object" in ended.err
