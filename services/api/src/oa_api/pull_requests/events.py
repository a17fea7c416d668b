"""From a webhook's event to what is to be done about it, or why nothing is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from oa_api.http.errors import InvalidError

CHECK_NAME = "OpenAddresses"
RERUN_ACTION = "rerun"
PULL, PUSH, RERUN = "pull", "push", "rerun"
_RERUN_WORDS = frozenset({"re-run", "/re-run", "rerun", "/rerun"})
_TRUSTED = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
_PULL_ACTIONS = frozenset({"opened", "synchronize", "reopened", "closed"})
_NO_COMMIT = "0" * 40


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing is to be done."""

    reason: str


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done: `kind` and what it is about, as JSON holds it."""

    kind: str
    about: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return one object."""
        return {"kind": self.kind, **self.about}


class _Part(Schema):
    """A part of a payload: GitHub sends much more than what is read."""

    class Meta:
        """Read what is known."""

        unknown = EXCLUDE


def _sha() -> fields.String:
    return fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{40}([0-9a-f]{24})?\Z"))


class _User(_Part):
    login = fields.String(load_default="")


class _Repository(_Part):
    full_name = fields.String(required=True)
    default_branch = fields.String(load_default="")


class _Envelope(_Part):
    action = fields.String(load_default="")
    repository = fields.Nested(_Repository, required=True)


class _Head(_Part):
    sha = _sha()


class _PullRequest(_Part):
    number = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=2**31 - 1))
    updated_at = fields.AwareDateTime(required=True, format="iso", default_timezone=UTC)
    head = fields.Nested(_Head, required=True)


class _PullEvent(_Part):
    pull_request = fields.Nested(_PullRequest, required=True)


class _PushEvent(_Part):
    ref = fields.String(required=True)
    before = _sha()
    after = _sha()
    repository = fields.Nested(_Repository, required=True)


class _CheckRun(_Part):
    name = fields.String(load_default="")
    head_sha = _sha()


class _Requested(_Part):
    identifier = fields.String(load_default="")


class _CheckRunEvent(_Part):
    check_run = fields.Nested(_CheckRun, required=True)
    requested_action = fields.Nested(_Requested, load_default=dict, allow_none=True)


class _CheckSuite(_Part):
    head_sha = _sha()


class _CheckSuiteEvent(_Part):
    check_suite = fields.Nested(_CheckSuite, required=True)


class _Issue(_Part):
    number = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=2**31 - 1))
    user = fields.Nested(_User, load_default=dict, allow_none=True)
    pull_request = fields.Dict(load_default=None, allow_none=True)


class _Comment(_Part):
    body = fields.String(load_default="", allow_none=True)
    author_association = fields.String(load_default="NONE")
    user = fields.Nested(_User, load_default=dict, allow_none=True)


class _CommentEvent(_Part):
    issue = fields.Nested(_Issue, required=True)
    comment = fields.Nested(_Comment, required=True)


def task_of(event: str, payload: Any, *, repository: str) -> Task | Ignored:
    """Return what an event of `repository` asks for. Raises InvalidError for a payload that lacks what is read."""
    if event == "ping":
        return Ignored("ping: the webhook works")
    readers: dict[str, tuple[type[Schema], Callable[[str, Any], Task | Ignored]]] = {
        "pull_request": (_PullEvent, _pull),
        "push": (_PushEvent, _push),
        "check_run": (_CheckRunEvent, _check_run),
        "check_suite": (_CheckSuiteEvent, _check_suite),
        "issue_comment": (_CommentEvent, _comment),
    }
    if event not in readers:
        return Ignored("events of this kind are not used")
    envelope = _load(_Envelope, payload)
    if envelope["repository"]["full_name"].casefold() != repository.casefold():
        return Ignored("it is of another repository")
    schema, read = readers[event]
    return read(envelope["action"], _load(schema, payload))


def _load(schema: type[Schema], payload: Any) -> Any:
    try:
        return schema().load(payload)
    except ValidationError as error:
        found = error.normalized_messages()  # type: ignore[no-untyped-call] # unannotated
        raise InvalidError("the payload is not that of such an event", fields=found) from error


def _pull(action: str, event: Any) -> Task | Ignored:
    pull = event["pull_request"]
    if action not in _PULL_ACTIONS:
        return Ignored(f"a pull request that was {action or 'changed'} needs nothing")
    return Task(PULL, {"pull": pull["number"], "updated_at": pull["updated_at"].isoformat()})


def _push(_action: str, event: Any) -> Task | Ignored:
    if event["ref"] != f"refs/heads/{event['repository']['default_branch']}":
        return Ignored("only the default branch is followed; others by their pull requests")
    if _NO_COMMIT in (event["before"], event["after"]):
        return Ignored("the branch was made or deleted")
    return Task(PUSH, {"before": event["before"]})


def _check_run(action: str, event: Any) -> Task | Ignored:
    run = event["check_run"]
    if run["name"] != CHECK_NAME:
        return Ignored("it is the check of another")
    if action == "requested_action" and (event["requested_action"] or {}).get("identifier") != RERUN_ACTION:
        return Ignored("this action is not one of ours")
    if action not in {"rerequested", "requested_action"}:
        return Ignored(f"a check that was {action} needs nothing")
    return Task(RERUN, {"head_sha": run["head_sha"]})


def _check_suite(action: str, event: Any) -> Task | Ignored:
    if action != "rerequested":
        return Ignored(f"a check suite that was {action} needs nothing")
    return Task(RERUN, {"head_sha": event["check_suite"]["head_sha"]})


def _comment(action: str, event: Any) -> Task | Ignored:
    issue, comment = event["issue"], event["comment"]
    if action != "created" or issue["pull_request"] is None:
        return Ignored("it is no new comment on a pull request")
    if (comment["body"] or "").strip().casefold() not in _RERUN_WORDS:
        return Ignored("the comment asks for nothing")
    by, author = (comment["user"] or {}).get("login", ""), (issue["user"] or {}).get("login", "")
    if comment["author_association"] not in _TRUSTED and not (by and by == author):
        return Ignored("only the author and collaborators may ask for that")
    return Task(RERUN, {"pull": issue["number"]})
