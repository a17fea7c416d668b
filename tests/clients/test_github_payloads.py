"""GitHub's own example payloads (npm `@octokit/webhooks-examples`), signed, through the webhook endpoint."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from oa_api.pull_requests.events import IgnoreReason
from support.fakes.github_events import SECRET, encode_payload, headers
from support.npm_packages import npm_packages
from support.running_api import RunningApi, running_api

_REPOSITORY = "Codertocat/Hello-World"
_READ = frozenset({"pull_request", "push", "check_run", "check_suite", "issue_comment"})
# Of the examples of the repository, those that need work.
_WAITING = {
    "pull_request opened": 4,
    "pull_request closed": 2,
    "pull_request reopened": 2,
    "pull_request synchronize": 1,
    "check_suite rerequested": 2,
}


def examples() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the payload of each example of github.com."""
    index = npm_packages() / "@octokit/webhooks-examples/api.github.com/index.json"
    for event in json.loads(index.read_bytes()):
        yield from ((event["name"], payload) for payload in event["examples"])


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[RunningApi]:
    async with running_api(database_url, github_webhook_secret=SECRET, github_repository=_REPOSITORY) as running:
        yield running


async def send(api: RunningApi, event: str, payload: Any) -> dict[str, Any]:
    body = encode_payload(payload)
    response = await api.client.post("/api/github/event", data=body, headers=headers(event, body))
    answer: dict[str, Any] = await response.json()
    assert response.status == 200, f"{event} {payload.get('action')}: {answer}"
    return answer


async def test_every_example_is_accepted_or_ignored_for_a_reason(api: RunningApi) -> None:
    waiting: Counter[str] = Counter()
    ignored: Counter[str] = Counter()
    for event, payload in examples():
        answer = await send(api, event, payload)
        if answer["state"] == "waiting":
            waiting[f"{event} {payload.get('action', '')}".strip()] += 1
        else:
            reason = answer["reason"].partition(": ")[0]
            ignored[reason] += 1
            assert any(str(known).startswith(reason) for known in IgnoreReason), reason
            assert (reason == IgnoreReason.EVENT) == (event not in _READ | {"ping"}), (event, reason)
    print(f"{waiting.total() + ignored.total()} examples; waiting: {dict(waiting)}; ignored: {dict(ignored)}")
    assert waiting == _WAITING


async def test_edited_pull_request_is_examined_for_another_base_branch_only(api: RunningApi) -> None:
    opened = next(
        payload for event, payload in examples() if (event, payload.get("action")) == ("pull_request", "opened")
    )
    edits = {
        "title": ({"title": {"from": "Old title"}}, "ignored"),
        "base": ({"base": {"ref": {"from": "develop"}, "sha": {"from": "0" * 40}}}, "waiting"),
        "body and base": ({"body": {"from": ""}, "base": {"ref": {"from": "develop"}}}, "waiting"),
        "nothing": ({}, "ignored"),
    }
    states = {
        name: (await send(api, "pull_request", {**opened, "action": "edited", "changes": changes}))["state"]
        for name, (changes, _) in edits.items()
    }
    assert states == {name: state for name, (_, state) in edits.items()}
