"""From an event of GitHub to the task that it requires, or to the reason for ignoring it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from marshmallow import ValidationError

from oa_api.http.errors import InvalidError
from oa_api.http.fields import RequestSchema, error_messages
from oa_api.pull_requests.admission import COLLABORATORS
from oa_api.pull_requests.event_payloads import (
    CheckRunEvent,
    CheckRunEventSchema,
    CheckSuiteEvent,
    CheckSuiteEventSchema,
    EnvelopeSchema,
    IssueCommentEvent,
    IssueCommentEventSchema,
    PullRequestEvent,
    PullRequestEventSchema,
    PushEvent,
    PushEventSchema,
)
from oa_shared.json_types import JsonMapping, JsonObject

CHECK_NAME = "OpenAddresses"
RERUN_ACTION = "rerun"
_RUN_COMMANDS = frozenset({"/run"})
_RERUN_COMMANDS = frozenset({"re-run", "/re-run", "rerun", "/rerun"})
_PULL_ACTIONS = frozenset({"opened", "synchronize", "reopened", "closed"})
_NO_COMMIT = "0" * 40
_Event = TypeVar("_Event")


class IgnoreReason(StrEnum):
    """Why an event needs no task; the texts are part of the response, which GitHub shows to users."""

    PING = "ping: the webhook works"
    EVENT = "events of this type are not used"
    REPOSITORY = "the event is from another repository"
    ACTION = "this action needs no work"
    BRANCH = "only pushes to the default branch are used"
    BRANCH_LIFE = "the branch was created or deleted"
    CHECK_NAME = "the check run is not named OpenAddresses"
    BUTTON = "this button of the check run is unknown"
    COMMENT = "not a new comment on a pull request"
    COMMAND = "the comment is not a command"
    ASSOCIATION = "only the author and collaborators can use commands"
    APPROVAL = "only collaborators can let a pull request run"


@dataclass(frozen=True, slots=True)
class Ignored:
    """The event needs no task."""

    reason: IgnoreReason
    detail: str = ""

    @property
    def text(self) -> str:
        """Return the reason with its detail."""
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


@dataclass(frozen=True, slots=True)
class PullTask:
    """Act on the state of a pull request, which was changed at `updated_at`."""

    pull: int
    updated_at: datetime

    def as_json(self) -> JsonObject:
        """Return the task as the database stores it."""
        return {"kind": "pull", "pull": self.pull, "updated_at": self.updated_at.isoformat()}


@dataclass(frozen=True, slots=True)
class PushTask:
    """Make live what changed on the default branch since the commit `before`."""

    before: str

    def as_json(self) -> JsonObject:
        """Return the task as the database stores it."""
        return {"kind": "push", "before": self.before}


@dataclass(frozen=True, slots=True)
class RerunTask:
    """Rerun the failed entries of the newest check of a pull request, or of a commit."""

    pull: int | None = None
    head_sha: str | None = None

    def as_json(self) -> JsonObject:
        """Return the task as the database stores it."""
        return {"kind": "rerun", "pull": self.pull, "head_sha": self.head_sha}


@dataclass(frozen=True, slots=True)
class ApprovalTask:
    """Let a pull request run that waits for a collaborator; `by` is that account."""

    pull: int
    by: str

    def as_json(self) -> JsonObject:
        """Return the task as the database stores it."""
        return {"kind": "approval", "pull": self.pull, "by": self.by}


Task = PullTask | PushTask | RerunTask | ApprovalTask


def parse_task(task: JsonMapping) -> Task:
    """Return a task of the database. Raises ValueError for one that this version does not know."""
    match task:
        case {"kind": "pull", "pull": int(pull), "updated_at": str(updated_at)}:
            return PullTask(pull, datetime.fromisoformat(updated_at))
        case {"kind": "push", "before": str(before)}:
            return PushTask(before)
        case {"kind": "rerun", "head_sha": str(head_sha)}:
            return RerunTask(head_sha=head_sha)
        case {"kind": "rerun", "pull": int(pull)}:
            return RerunTask(pull=pull)
        case {"kind": "approval", "pull": int(pull), "by": str(by)}:
            return ApprovalTask(pull, by)
        case _:
            raise ValueError(f"unknown task {task.get('kind')!r}")


def read_event(event: str, payload: object, *, repository: str) -> Task | Ignored:
    """Return the task that an event requires. Raises InvalidError for a payload without the fields that are read.

    Events of other repositories than `repository` are ignored.
    """
    if event == "ping":
        return Ignored(IgnoreReason.PING)
    if event not in {"pull_request", "push", "check_run", "check_suite", "issue_comment"}:
        return Ignored(IgnoreReason.EVENT)
    envelope = _load(EnvelopeSchema(), payload)
    if envelope.repository.full_name.casefold() != repository.casefold():
        return Ignored(IgnoreReason.REPOSITORY)
    return _read_task(event, envelope.action, payload)


def _read_task(event: str, action: str, payload: object) -> Task | Ignored:
    match event:
        case "pull_request":
            return _read_pull_request(action, _load(PullRequestEventSchema(), payload))
        case "push":
            return _read_push(_load(PushEventSchema(), payload))
        case "check_run":
            return _read_check_run(action, _load(CheckRunEventSchema(), payload))
        case "check_suite":
            return _read_check_suite(action, _load(CheckSuiteEventSchema(), payload))
        case _:
            return _read_issue_comment(action, _load(IssueCommentEventSchema(), payload))


def _load(schema: RequestSchema[_Event], payload: object) -> _Event:
    try:
        event: _Event = schema.load(payload)  # type: ignore[arg-type] # not an object? the schema rejects it
    except ValidationError as error:
        raise InvalidError("the payload does not fit the event", fields=error_messages(error)) from error
    return event


def _read_pull_request(action: str, event: PullRequestEvent) -> Task | Ignored:
    if action not in _PULL_ACTIONS and not (action == "edited" and event.is_base_changed):
        return Ignored(IgnoreReason.ACTION, f"pull request {action or 'changed'}")
    return PullTask(event.pull_request.number, event.pull_request.updated_at)


def _read_push(event: PushEvent) -> Task | Ignored:
    if event.ref != f"refs/heads/{event.repository.default_branch}":
        return Ignored(IgnoreReason.BRANCH)
    if _NO_COMMIT in (event.before, event.after):
        return Ignored(IgnoreReason.BRANCH_LIFE)
    return PushTask(event.before)


def _read_check_run(action: str, event: CheckRunEvent) -> Task | Ignored:
    if event.check_run.name != CHECK_NAME:
        return Ignored(IgnoreReason.CHECK_NAME)
    button = event.requested_action.identifier if event.requested_action else None
    if action == "requested_action" and button != RERUN_ACTION:
        return Ignored(IgnoreReason.BUTTON)
    if action not in {"rerequested", "requested_action"}:
        return Ignored(IgnoreReason.ACTION, f"check run {action}")
    return RerunTask(head_sha=event.check_run.head_sha)


def _read_check_suite(action: str, event: CheckSuiteEvent) -> Task | Ignored:
    if action != "rerequested":
        return Ignored(IgnoreReason.ACTION, f"check suite {action}")
    return RerunTask(head_sha=event.check_suite.head_sha)


def _read_issue_comment(action: str, event: IssueCommentEvent) -> Task | Ignored:
    issue, comment = event.issue, event.comment
    if action != "created" or issue.pull_request is None:
        return Ignored(IgnoreReason.COMMENT)
    command = (comment.body or "").strip().casefold()
    if command not in _RERUN_COMMANDS | _RUN_COMMANDS:
        return Ignored(IgnoreReason.COMMAND)
    commenter = comment.user.login if comment.user else ""
    author = issue.user.login if issue.user else ""
    if command in _RUN_COMMANDS:
        if comment.author_association not in COLLABORATORS:
            return Ignored(IgnoreReason.APPROVAL)
        return ApprovalTask(issue.number, commenter)
    if comment.author_association not in COLLABORATORS and not (commenter and commenter == author):
        return Ignored(IgnoreReason.ASSOCIATION)
    return RerunTask(pull=issue.number)
