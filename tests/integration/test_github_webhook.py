"""POST /api/github/event: what is signed is taken once, anything else is refused before it is read."""

import io
from typing import Any

import pytest

from oa_api.pull_requests.signature import sign
from support.fakes.github_events import (
    SECRET,
    check_run_event,
    comment_event,
    encode_event,
    headers,
    pull_event,
    push_event,
)
from support.fakes.github_server import as_json
from support.github_world import TOWN, GitHubWorld
from support.running_api import definition, running_api

pytestmark = pytest.mark.asyncio(loop_scope="module")

URL = "/api/github/event"


def opened(world: GitHubWorld) -> dict[str, Any]:
    number = world.model.open_pull(world.model.commit({TOWN: as_json(definition("town"))}))
    return pull_event(world.model, number, "opened")


async def test_redelivery_is_answered_and_done_once(world: GitHubWorld) -> None:
    event = opened(world)
    first = await world.send("pull_request", event, delivery="d-1")
    second = await world.send("pull_request", event, delivery="d-1")
    await world.settle()
    third = await world.send("pull_request", event, delivery="d-1")
    await world.settle()
    assert [(status, answer["state"]) for status, answer in (first, second, third)] == [
        (200, "waiting"),
        (200, "known"),
        (200, "known"),
    ]
    assert len(await world.jobs()) == 1
    assert world.github.count("GET", "/compare/") == 1


async def test_answer_does_not_wait_for_github(world: GitHubWorld) -> None:
    event = opened(world)
    assert (await world.send("pull_request", event))[1]["state"] == "waiting"
    assert world.github.asked == []


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        sign(b"another secret", b"{not json"),
        sign(SECRET.encode(), b"other bytes"),
        sign(SECRET.encode(), b"{not json").upper(),
        sign(SECRET.encode(), b"{not json").removeprefix("sha256="),
        "sha256=é",
    ],
)
async def test_body_that_github_did_not_sign_is_refused_unread(world: GitHubWorld, signature: str) -> None:
    sent = {"X-GitHub-Event": "ping", "X-GitHub-Delivery": "d-1", "Content-Type": "application/json"}
    sent |= {"X-Hub-Signature-256": signature} if signature else {}
    response = await world.api.client.post(URL, data=b"{not json", headers=sent)
    assert response.status == 401
    assert await world.api.count("github_delivery") == 0


async def test_two_secrets_are_valid_during_a_change(database_url: str) -> None:
    async with running_api(
        database_url, github_repository="a/b", github_webhook_secret="n" * 32, github_webhook_secret_previous=SECRET
    ) as api:
        body = encode_event({"zen": "Keep it simple."})
        for secret, status in (("n" * 32, 200), (SECRET, 200), ("o" * 32, 401)):
            response = await api.client.post(URL, data=body, headers=headers("ping", body, secret=secret))
            assert response.status == status


async def test_endpoint_without_a_secret_is_not_there(database_url: str) -> None:
    async with running_api(database_url) as api:
        body = encode_event({})
        response = await api.client.post(URL, data=body, headers=headers("ping", body, secret=""))
        assert response.status == 404


async def test_body_larger_than_the_limit_is_refused(world: GitHubWorld) -> None:
    body = b" " * (10 * 1024 * 1024 + 1)
    response = await world.api.client.post(URL, data=io.BytesIO(body), headers=headers("ping", body))
    assert response.status == 413


async def test_signed_body_that_cannot_be_used_says_what_is_wrong(world: GitHubWorld) -> None:
    for body, event, status in (
        (b"payload=%7B%7D", "push", 400),
        (b"[" * 100_000, "push", 400),
        (b"[]", "push", 422),
        (b'{"repository": {"full_name": 5}}', "push", 422),
        (b'{"action": "opened", "repository": {"full_name": "openaddresses/openaddresses"}}', "pull_request", 422),
    ):
        response = await world.api.client.post(URL, data=body, headers=headers(event, body))
        assert response.status == status, body[:50]
    response = await world.api.client.post(URL, data=b"{}", headers={**headers("push", b"{}"), "X-GitHub-Delivery": ""})
    assert response.status == 422
    assert await world.api.count("github_delivery") == 0


async def test_events_that_need_nothing_are_ignored_with_a_reason(world: GitHubWorld) -> None:
    number = opened(world)["number"]
    model = world.model
    model.check_runs[1] = {"id": 1, "name": "another", "head_sha": "a" * 40}
    elsewhere = {**push_event(model, "a" * 40, "b" * 40)}
    elsewhere["repository"] = {**elsewhere["repository"], "full_name": "somebody/fork"}
    for event, payload, reason in (
        ("ping", {"zen": "Keep it simple."}, "ping"),
        ("star", {"action": "created"}, "not used"),
        ("pull_request", pull_event(model, number, "labeled"), "was labeled"),
        ("push", push_event(model, "a" * 40, "b" * 40, ref="refs/heads/topic"), "default branch"),
        ("push", push_event(model, "0" * 40, "b" * 40), "made or deleted"),
        ("push", elsewhere, "another repository"),
        ("check_run", check_run_event(model, 1), "of another"),
        ("issue_comment", comment_event(model, number, "please re-run this"), "asks for nothing"),
    ):
        status, answer = await world.send(event, payload)
        assert status == 200, event
        assert answer["state"] == "ignored", event
        assert reason in answer["reason"]
    await world.settle()
    assert world.github.asked == []


async def test_delivery_that_was_given_up_is_taken_up_when_sent_again(world: GitHubWorld) -> None:
    event = opened(world)
    await world.send("pull_request", event, delivery="d-1")
    await world.api.database.execute("UPDATE github_delivery SET state = 'abandoned'")
    await world.settle()
    assert await world.jobs() == []
    await world.send("pull_request", event, delivery="d-1")
    await world.settle()
    assert len(await world.jobs()) == 1
