"""Webhook events in the shapes that GitHub documents, with test data."""

import json
import uuid
from typing import Any

from oa_api.pull_requests.signature import sign
from support.fakes.github_model import GitHubModel
from support.fakes.github_server import pull_shape

SECRET = "w" * 32


def headers(event: str, body: bytes, *, delivery: str | None = None, secret: str = SECRET) -> dict[str, str]:
    """Return the headers that GitHub sends with an event."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/0a1b2c3",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
        "X-GitHub-Hook-ID": "292430182",
        "X-Hub-Signature-256": sign(secret.encode(), body),
    }


def encode_payload(payload: Any) -> bytes:
    """Return the body of an event as bytes."""
    return json.dumps(payload).encode()


def pull_event(model: GitHubModel, number: int, action: str, **more: Any) -> dict[str, Any]:
    """Return a `pull_request` event; an `edited` one has `changes`."""
    pull = model.pulls[number]
    return {
        "action": action,
        "number": number,
        "pull_request": pull_shape(model, pull),
        **more,
        **_common(model, pull.author),
    }


def push_event(model: GitHubModel, before: str, after: str, *, ref: str | None = None) -> dict[str, Any]:
    """Return a `push` event."""
    return {
        "ref": ref or f"refs/heads/{model.default_branch}",
        "before": before,
        "after": after,
        "created": False,
        "deleted": False,
        "forced": False,
        "commits": [{"id": after, "message": "Change sources \ud800", "added": [], "removed": [], "modified": []}],
        "pusher": {"name": "maintainer"},
        **_common(model, "maintainer"),
    }


def check_run_event(model: GitHubModel, check_run: int, action: str = "rerequested") -> dict[str, Any]:
    """Return a `check_run` event."""
    run = model.check_runs[check_run]
    about = {"id": check_run, "name": run["name"], "head_sha": run["head_sha"], "status": "completed"}
    requested = {"requested_action": {"identifier": "rerun"}} if action == "requested_action" else {}
    return {"action": action, "check_run": {**about, "pull_requests": []}, **requested, **_common(model, "maintainer")}


def check_suite_event(model: GitHubModel, head_sha: str) -> dict[str, Any]:
    """Return a `check_suite` event."""
    suite = {"id": 5, "head_sha": head_sha, "status": "queued", "conclusion": None}
    return {"action": "rerequested", "check_suite": suite, **_common(model, "maintainer")}


def comment_event(
    model: GitHubModel, number: int, text: str, *, by: str = "author", association: str = "NONE"
) -> dict[str, Any]:
    """Return an `issue_comment` event on a pull request."""
    issue = {"number": number, "user": {"login": model.pulls[number].author}, "pull_request": {"url": "…"}}
    comment = {"id": 1, "body": text, "user": {"login": by}, "author_association": association}
    return {"action": "created", "issue": issue, "comment": comment, **_common(model, by)}


def _common(model: GitHubModel, sender: str) -> dict[str, Any]:
    owner, _, name = model.name.partition("/")
    repository = {"id": 1, "name": name, "full_name": model.name, "owner": {"login": owner}, "private": False}
    return {
        "repository": {**repository, "default_branch": model.default_branch},
        "sender": {"login": sender, "type": "User"},
        "installation": {"id": 99},
    }
