"""A run keeps why definitions, entries and whole requests got no job: its page, the API and `oa` show it later."""

import json
from pathlib import Path
from typing import Any

import pytest

from integration.test_schedules import tasks_for, trigger, write
from oa_api.jobs.refusals import MAX_KEPT, MAX_LISTED
from oa_api.schedules.worker import schedule_once
from oa_shared.failures import FAILURES
from support.command_line import oa
from support.running_api import INTERNAL, RunningApi, definition

HTML = {"Accept": "text/html"}
REFUSED_URL = "http://169.254.169.254/a.json"


async def _page(api: RunningApi, run: int) -> str:
    return await (await api.client.get(f"/runs/{run}", headers=HTML)).text()


async def test_run_of_a_refused_url_says_later_what_was_refused_and_why(api: RunningApi) -> None:
    ended = await oa(api, "submit", REFUSED_URL)
    assert ended.status != 0
    page = f"{str(api.client.make_url('')).rstrip('/')}/runs/1"
    assert f"run 1 keeps the reasons: {page}" in ended.err
    run = await api.get("/api/run/1")
    (refusal,) = run["refusals"]
    assert run["refused"] == 1
    assert (refusal["source"], refusal["code"]) == (REFUSED_URL, "source.address_refused")
    assert refusal["hint"] == FAILURES["source.address_refused"].hint
    html = await _page(api, 1)
    main = html.partition("<main")[2]
    assert REFUSED_URL in main
    assert refusal["message"] in main
    assert "Ended, 1 refused" in main
    assert 'class="verdict bad"' in main
    assert '<a href="/runs/1#refused">1 refused</a>' in main
    shown = await oa(api, "run", "show", "1")
    assert f"{REFUSED_URL}: {refusal['message']} (source.address_refused)" in shown.err
    listed = await oa(api, "run", "list")
    assert "refused" in listed.out


@pytest.mark.parametrize(
    ("body", "source", "message"),
    [
        ({"jobs": []}, "the request", "not valid"),
        ({}, "the request", "not valid"),
        ("not json", "the request", "not JSON"),
        ({"jobs": [{"source": {"schema": 1}, "source_name": "xx/a"}]}, "xx/a", "schema"),
        ({"jobs": [{"source": definition("a"), "source_name": "xx/a", "name": "b"}]}, "xx/a", "no entry"),
        ({"jobs": [{"source": "{", "source_name": "xx/a"}]}, "xx/a", "not JSON"),
        ({"jobs": [{"source": '{"a\\u0000": "\\ud800"}', "source_name": "xx/a"}]}, "xx/a", ""),
    ],
    ids=["no elements", "no list", "no JSON", "no definition", "no entry", "no JSON text", "no text to store"],
)
async def test_request_that_creates_nothing_records_the_reason_on_the_run(
    api: RunningApi, body: Any, source: str, message: str
) -> None:
    run = await api.run()
    for _ in range(2):
        data = body if isinstance(body, str) else json.dumps(body)
        headers = {**INTERNAL, "Content-Type": "application/json"}
        response = await api.client.post(f"/api/run/{run}/jobs", data=data, headers=headers)
        assert 400 <= response.status < 500
    kept = await api.get(f"/api/run/{run}")
    assert kept["jobs"]["total"] == 0
    assert kept["refused"] == len(kept["refusals"]) > 0, "a request that is sent again adds nothing"
    assert {refusal["source"] for refusal in kept["refusals"]} == {source}
    assert any(message in refusal["message"] for refusal in kept["refusals"])
    assert all(refusal["hint"] or refusal["source"] == "the request" for refusal in kept["refusals"])
    assert 'id="refused"' in await _page(api, run)


async def test_refused_part_of_a_request_is_kept_with_its_jobs(api: RunningApi) -> None:
    run = await api.run()
    good = {"source": definition("a"), "source_name": "xx/good"}
    status, answer = await api.post_jobs(run, good, {"source": {"schema": 1}, "source_name": "xx/bad"})
    assert status == 200
    kept = await api.get(f"/api/run/{run}")
    assert {item["message"] for item in kept["refusals"]} == {item["message"] for item in answer["errors"]}
    assert {item["source"] for item in kept["refusals"]} == {"xx/bad"}


async def test_closed_run_and_foreign_run_keep_nothing(api: RunningApi) -> None:
    run = await api.run()
    await api.client.patch(f"/api/run/{run}", json={"closed": True}, headers=INTERNAL)
    status, _ = await api.post_jobs(run, REFUSED_URL)
    assert status == 409
    assert (await api.client.post(f"/api/run/{run}/jobs", data="{", headers={})).status in {400, 401, 403}
    headers = {**INTERNAL, "Content-Type": "application/json"}
    assert (await api.client.post("/api/run/999/jobs", data="{", headers=headers)).status == 404
    assert await api.count("run_refusal") == 0
    assert "no definition was sent before the run was closed" in await _page(api, run)


async def test_many_refusals_are_bounded_and_counted(api: RunningApi) -> None:
    run = await api.run()
    elements = [{"source": {"schema": number + 3}, "source_name": f"xx/s{number}"} for number in range(MAX_KEPT + 5)]
    status, _ = await api.post_jobs(run, *elements)
    assert status == 422
    kept = await api.get(f"/api/run/{run}")
    assert kept["refused"] == MAX_KEPT
    assert len(kept["refusals"]) == MAX_LISTED
    assert f"first {MAX_LISTED} of {MAX_KEPT:,} refusals" in await _page(api, run)


async def test_weekly_run_keeps_the_definitions_that_got_no_job(api: RunningApi, tmp_path: Path) -> None:
    for name, body in {"good": definition("city"), "twice": definition("city", "city"), "bad": {"schema": 1}}.items():
        write(tmp_path, f"us/{name}", body)
    schedule_run = await trigger(api)
    await schedule_once(api.database, tasks_for(api, tmp_path))
    done = await api.get(f"/api/schedule/{schedule_run['id']}")
    run = await api.get(f"/api/run/{done['run']}")
    assert {item["source"] for item in run["refusals"]} == {"sources/us/bad.json", "sources/us/twice.json"}
    assert [item["message"] for item in run["refusals"]] == [item["message"] for item in done["refused"]]
