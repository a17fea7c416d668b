"""What operators see: pauses on every page, the missing role, the first decision of two, dead letters."""

import asyncio
import json
import re
from typing import Any

import pytest

from oa_api.jobs.outbox_relay import relay_once
from oa_api.pauses import pauses
from oa_shared.messages import UnreadableMessageError, parse_job_message, parse_result_message
from oa_shared.queue import OutgoingMessage
from support.accounts import account, call, token
from support.command_line import oa
from support.fakes.memory_queue import MemoryQueue
from support.product_jobs import publish, request
from support.running_api import RunningApi, definition

HTML = {"Accept": "text/html"}
HOSTILE = "<b>why</b>"


async def pause(api: RunningApi, scope: str, value: str, reason: str) -> int:
    answer = await call(api, "POST", "/api/pause", {"scope": scope, "value": value, "reason": reason})
    return int(answer.json["id"])


async def resume(api: RunningApi, number: int) -> None:
    assert (await call(api, "DELETE", f"/api/pause/{number}", {"reason": "done"})).status == 200


async def relay(api: RunningApi) -> None:
    """Run the relay until nothing is left to send."""
    queue = MemoryQueue()
    await pauses.release(api.database)
    while await relay_once(api.database, queue):
        pass


async def job_of(api: RunningApi, source: str) -> int:
    _, answer = await api.post_jobs(await api.run(), {"source": definition("a"), "source_name": source})
    return int(answer["jobs"][0])


async def _page(api: RunningApi, path: str) -> str:
    return await (await api.client.get(path, headers=HTML)).text()


def _banner(text: str) -> str:
    found = re.search(r'<div class="box warn paused"[^>]*>', text)
    return found[0] if found else ""


async def test_every_page_has_the_pause_with_its_actor_and_reason_until_it_ends(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    paused = await pause(api, "lane", "weekly", HOSTILE)
    for path in ("/", "/runs", "/runs/1", "/jobs/1", "/data/1", "/map", "/health", "/status", "/no-such-page"):
        text = await _page(api, path)
        assert _banner(text), path
        assert "hidden" not in _banner(text), path
        assert "Paused: lane weekly" in text, path
        assert "by service: &lt;b&gt;why&lt;/b&gt;" in text, path
        assert HOSTILE not in text, path
    for path in ("/overview", "/pauses"):
        assert not _banner(await _page(api, path)), path  # these list the pauses themselves
    await resume(api, paused)
    async with asyncio.timeout(30):
        while "hidden" not in _banner(await _page(api, "/runs")):  # noqa: ASYNC110 - the page itself is polled
            await asyncio.sleep(0.1)


async def test_job_that_waits_names_the_pause_in_the_api_on_its_page_and_in_oa(api: RunningApi) -> None:
    paused = await pause(api, "source", "us/ca/", "the county moves")
    job = await job_of(api, "us/ca/berkeley")
    assert (await api.get(f"/api/job/{job}"))["pause"] is None
    await relay(api)
    waits = (await api.get(f"/api/job/{job}"))["pause"]
    assert (waits["id"], waits["label"], waits["reason"], waits["actor"]) == (
        paused,
        "source us/ca/",
        "the county moves",
        "service",
    )
    text = await _page(api, f"/jobs/{job}")
    assert "Waits for the end of a pause: source us/ca/" in text
    assert "the county moves" in text
    shown = await oa(api, "job", "show", str(job))
    assert f"pause {paused} of source us/ca/, by service: the county moves" in shown.out
    await resume(api, paused)
    await relay(api)
    assert (await api.get(f"/api/job/{job}"))["pause"] is None
    assert "Waits for the end of a pause" not in await _page(api, f"/jobs/{job}")


async def test_refusal_names_the_required_role_that_of_the_caller_and_who_gives_it(api: RunningApi) -> None:
    await account(api, "vera", "viewer")
    await account(api, "adam", "admin")
    anonymous = await api.client.get("/api/audit")
    assert anonymous.status == 401
    assert "requires role moderator" in (await anonymous.json())["detail"]
    refused = await call(api, "GET", "/api/audit", **await token(api, "vera", "viewer"))
    assert refused.status == 403
    assert "requires role moderator; this token of vera has role viewer" in refused.json["detail"]
    assert "admin" in refused.json["detail"]
    low = await call(api, "GET", "/api/account", **await token(api, "adam", "author"))
    assert "this token of adam has role author: create a token with that role" in low.json["detail"]
    admin = await token(api, "adam", "admin")
    service = await call(api, "GET", "/api/job/1/state", **admin)
    assert "requires the shared secret of the services" in service.json["detail"]


async def test_expired_token_names_its_end_and_an_unknown_one_does_not(api: RunningApi) -> None:
    await account(api, "vera", "viewer")
    header = await token(api, "vera")
    await api.database.execute("UPDATE api_token SET created_at = '2020-01-01Z', expires_at = '2020-02-03 04:05Z'")
    expired = await call(api, "GET", "/api/profile", **header)
    assert expired.status == 401
    assert "the token expired on 2020-02-03 04:05 UTC" in expired.json["detail"]
    unknown = await call(api, "GET", "/api/profile", Authorization=f"Bearer oa_{'x' * 43}")
    assert unknown.json["detail"] == "the token is unknown or revoked"
    ended = await oa(api, "profile", token=header["Authorization"].removeprefix("Bearer "))
    assert ended.status == 7
    assert "expired on 2020-02-03" in ended.err


async def test_second_decision_names_the_first_to_moderators_only(api: RunningApi) -> None:
    await account(api, "ada", "moderator")
    await account(api, "bob", "moderator")
    await account(api, "cleo", "author")
    headers = {login: await token(api, login, role) for login, role in (("ada", "moderator"), ("bob", "moderator"))}
    job = await job_of(api, "us/ca/berkeley")
    assert (await call(api, "POST", f"/api/job/{job}/cancel", {"reason": "no"}, **headers["ada"])).status == 200
    for action in ("cancel", "confirm", "reject", "run-now"):
        second = await call(api, "POST", f"/api/job/{job}/{action}", {}, **headers["bob"])
        assert second.status == 409
        assert re.search(
            r"is Canceled: .*; ada canceled it at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", second.json["detail"]
        )
        own = await call(api, "POST", f"/api/job/{job}/{action}", {}, **headers["ada"])
        assert "you canceled it" in own.json["detail"]
    entries = (await call(api, "GET", "/api/audit")).json["entries"]
    assert [entry["action"] for entry in entries if entry["subject"] == f"job/{job}"] == ["job.cancel"]
    await api.database.execute(
        "UPDATE run SET owner = (SELECT id::text FROM account WHERE login = 'cleo'), live = false"
    )
    author = await call(api, "POST", f"/api/job/{job}/cancel", {}, **await token(api, "cleo", "author"))
    assert author.status == 409
    assert "ada" not in author.json["detail"]


async def test_status_and_oa_state_dead_letters_and_a_problem_has_its_exit_status(api: RunningApi) -> None:
    dead = api.queues["results"].dead
    assert dead is not None
    await dead.send_batch([OutgoingMessage("poison")])
    await pause(api, "host", "gis.example.org", "they asked")
    problems = (await (await api.client.get("/")).json())["problems"]
    shown = await oa(api, "status")
    assert shown.status == (9 if problems else 0)
    assert problems, "no worker runs beside this test"
    for text in (problems[0], "`oa queue show results`", "host gis.example.org: they asked; `oa resume 1` ends it"):
        assert text in shown.out
    as_json = await oa(api, "status", "--json")
    assert as_json.status == 9
    assert {queue["name"]: queue["dead"] for queue in json.loads(as_json.out)["queues"]}["results"] == 1


@pytest.mark.parametrize("body", ['{"kind": "job.status", "job": "x"}', '{"kind": "job.submit", "v": []}'])
def test_reason_of_an_unreadable_message_is_text_with_pointers(body: str) -> None:
    parse = parse_result_message if "status" in body else parse_job_message
    with pytest.raises(UnreadableMessageError) as refused:
        parse(body)
    assert "/job: " in str(refused.value)
    assert not re.search(r"[\[\]{}]|': ", str(refused.value))


async def _change(api: RunningApi, action: str) -> tuple[int, Any]:
    return await request(api, "POST", "/api/data/1/state", {"action": action, "reason": "the county asked"})


async def test_withdrawn_dataset_states_its_files_and_refuses_a_second_action(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    latest = "/latest/us/ne/lancaster/addresses/city/source.parquet"
    steps = (
        ("retire", "its files stay at their permanent URLs", "retired already"),
        ("delete", "the dataset is deleted with its files", "deleted already"),
        ("restore", "the next result is published at this URL", "reopened already"),
    )
    for action, gone, again in steps:
        if action == "delete":
            done = await oa(api, "data", "delete", "1", "--reason", "asked", "--yes")
            assert done.out.startswith("dataset 1: deleted"), done.err
            assert gone in (await oa(api, "data", "get", "us/ne/lancaster", "addresses", "city")).err
        else:
            assert (await _change(api, action))[0] == 200
        answer = await (await api.client.get(latest, allow_redirects=False)).json()
        assert gone in answer["detail"]
        status, problem = await _change(api, action)
        assert (status, again in problem["detail"]) == (409, True), problem
