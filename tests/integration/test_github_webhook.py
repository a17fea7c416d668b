"""POST /api/github/event: signed events are recorded once; anything else is refused before it is parsed."""

import io
from typing import Any

import pytest

from oa_api.pull_requests.events import IgnoreReason
from oa_api.pull_requests.signature import sign
from support.fakes.github_events import (
    SECRET,
    check_run_event,
    comment_event,
    encode_payload,
    headers,
    pull_event,
    push_event,
)
from support.fakes.github_server import as_json
from support.github_world import TOWN, GitHubWorld
from support.running_api import definition, running_api

pytestmark = pytest.mark.asyncio(loop_scope="module")

URL = "/api/github/event"


def opened_event(world: GitHubWorld) -> dict[str, Any]:
    number = world.model.open_pull(world.model.commit({TOWN: as_json(definition("town"))}))
    return pull_event(world.model, number, "opened")


async def test_redelivery_is_processed_once(world: GitHubWorld) -> None:
    event = opened_event(world)
    first = await world.send("pull_request", event, delivery="d-1")
    second = await world.send("pull_request", event, delivery="d-1")
    await world.settle()
    third = await world.send("pull_request", event, delivery="d-1")
    await world.settle()
    assert [(status, response["state"]) for status, response in (first, second, third)] == [
        (200, "waiting"),
        (200, "known"),
        (200, "known"),
    ]
    assert len(await world.jobs()) == 1
    assert world.github.count("GET", "/compare/") == 1


async def test_response_does_not_wait_for_github(world: GitHubWorld) -> None:
    event = opened_event(world)
    assert (await world.send("pull_request", event))[1]["state"] == "waiting"
    assert world.github.requests == []


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
async def test_body_without_a_valid_signature_is_refused_before_parsing(world: GitHubWorld, signature: str) -> None:
    sent = {"X-GitHub-Event": "ping", "X-GitHub-Delivery": "d-1", "Content-Type": "application/json"}
    sent |= {"X-Hub-Signature-256": signature} if signature else {}
    response = await world.api.client.post(URL, data=b"{not json", headers=sent)
    assert response.status == 401
    assert await world.api.count("github_delivery") == 0


async def test_two_secrets_are_valid_during_a_change(database_url: str) -> None:
    async with running_api(
        database_url, github_repository="a/b", github_webhook_secret="n" * 32, github_webhook_secret_previous=SECRET
    ) as api:
        body = encode_payload({"zen": "Keep it simple."})
        for secret, status in (("n" * 32, 200), (SECRET, 200), ("o" * 32, 401)):
            response = await api.client.post(URL, data=body, headers=headers("ping", body, secret=secret))
            assert response.status == status


async def test_endpoint_without_a_secret_returns_404(database_url: str) -> None:
    async with running_api(database_url) as api:
        body = encode_payload({})
        response = await api.client.post(URL, data=body, headers=headers("ping", body, secret=""))
        assert response.status == 404


async def test_body_larger_than_the_limit_is_refused(world: GitHubWorld) -> None:
    body = b" " * (10 * 1024 * 1024 + 1)
    response = await world.api.client.post(URL, data=io.BytesIO(body), headers=headers("ping", body))
    assert response.status == 413


async def test_signed_body_that_is_invalid_is_refused(world: GitHubWorld) -> None:
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


async def test_events_that_need_no_work_are_ignored_with_a_reason(world: GitHubWorld) -> None:
    number = opened_event(world)["number"]
    model = world.model
    model.check_runs[1] = {"id": 1, "name": "another", "head_sha": "a" * 40}
    elsewhere = {**push_event(model, "a" * 40, "b" * 40)}
    elsewhere["repository"] = {**elsewhere["repository"], "full_name": "somebody/fork"}
    for event, payload, reason in (
        ("ping", {"zen": "Keep it simple."}, IgnoreReason.PING),
        ("star", {"action": "created"}, IgnoreReason.EVENT),
        ("pull_request", pull_event(model, number, "labeled"), f"{IgnoreReason.ACTION}: pull request labeled"),
        ("push", push_event(model, "a" * 40, "b" * 40, ref="refs/heads/topic"), IgnoreReason.BRANCH),
        ("push", push_event(model, "0" * 40, "b" * 40), IgnoreReason.BRANCH_LIFE),
        ("push", elsewhere, IgnoreReason.REPOSITORY),
        ("check_run", check_run_event(model, 1), IgnoreReason.CHECK_NAME),
        ("issue_comment", comment_event(model, number, "please re-run this"), IgnoreReason.COMMAND),
    ):
        status, response = await world.send(event, payload)
        assert status == 200, event
        assert response["state"] == "ignored", event
        assert response["reason"] == reason
    await world.settle()
    assert world.github.requests == []


async def test_abandoned_delivery_is_processed_when_sent_again(world: GitHubWorld) -> None:
    event = opened_event(world)
    await world.send("pull_request", event, delivery="d-1")
    await world.api.database.execute("UPDATE github_delivery SET state = 'abandoned'")
    await world.settle()
    assert await world.jobs() == []
    await world.send("pull_request", event, delivery="d-1")
    await world.settle()
    assert len(await world.jobs()) == 1
