"""The fields of GitHub's events that this system reads: https://docs.github.com/en/webhooks/webhook-events-and-payloads."""

from dataclasses import dataclass
from datetime import UTC, datetime

from marshmallow import EXCLUDE, fields, validate

from oa_api.http.fields import MAX_INTEGER, RequestSchema, StrictSchema


@dataclass(frozen=True, slots=True)
class User:
    """A GitHub account."""

    login: str


@dataclass(frozen=True, slots=True)
class RepositoryPart:
    """The repository of an event."""

    full_name: str
    default_branch: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """What all events of a repository have."""

    action: str
    repository: RepositoryPart


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit."""

    sha: str


@dataclass(frozen=True, slots=True)
class PullRequestPart:
    """The pull request of an event, at the time of the event."""

    number: int
    updated_at: datetime
    head: Commit


@dataclass(frozen=True, slots=True)
class PullChanges:
    """The part of an edit of a pull request that this system reads: `base` is set for another base branch."""

    base: dict[str, object] | None


@dataclass(frozen=True, slots=True)
class PullRequestEvent:
    """`pull_request`; `changes` is set for the action `edited`."""

    pull_request: PullRequestPart
    changes: PullChanges | None

    @property
    def is_base_changed(self) -> bool:
        """Return whether the pull request has another base branch, and therefore other changes."""
        return self.changes is not None and self.changes.base is not None


@dataclass(frozen=True, slots=True)
class PushEvent:
    """`push`."""

    ref: str
    before: str
    after: str
    repository: RepositoryPart


@dataclass(frozen=True, slots=True)
class CheckRunPart:
    """The check run of an event."""

    name: str
    head_sha: str


@dataclass(frozen=True, slots=True)
class RequestedAction:
    """The button of a check run that was clicked."""

    identifier: str


@dataclass(frozen=True, slots=True)
class CheckRunEvent:
    """`check_run`."""

    check_run: CheckRunPart
    requested_action: RequestedAction | None


@dataclass(frozen=True, slots=True)
class CheckSuitePart:
    """The check suite of an event."""

    head_sha: str


@dataclass(frozen=True, slots=True)
class CheckSuiteEvent:
    """`check_suite`."""

    check_suite: CheckSuitePart


@dataclass(frozen=True, slots=True)
class Issue:
    """The issue of a comment; `pull_request` is None for an issue that is not a pull request."""

    number: int
    user: User | None
    pull_request: dict[str, object] | None


@dataclass(frozen=True, slots=True)
class Comment:
    """A new comment."""

    body: str | None
    author_association: str
    user: User | None


@dataclass(frozen=True, slots=True)
class IssueCommentEvent:
    """`issue_comment`."""

    issue: Issue
    comment: Comment


class _Payload(StrictSchema):
    """A part of a payload: GitHub sends much more than is read."""

    class Meta:
        """Ignore unknown fields."""

        unknown = EXCLUDE


def _sha() -> fields.String:
    return fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{40}([0-9a-f]{24})?\Z"))


def _number() -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=MAX_INTEGER))


class _UserSchema(_Payload, RequestSchema[User]):
    login = fields.String(load_default="")


class _RepositorySchema(_Payload, RequestSchema[RepositoryPart]):
    full_name = fields.String(required=True)
    default_branch = fields.String(load_default="")


class EnvelopeSchema(_Payload, RequestSchema[Envelope]):
    """What all events of a repository have."""

    action = fields.String(load_default="")
    repository = fields.Nested(_RepositorySchema, required=True)


class _CommitSchema(_Payload, RequestSchema[Commit]):
    sha = _sha()


class _PullRequestSchema(_Payload, RequestSchema[PullRequestPart]):
    number = _number()
    updated_at = fields.AwareDateTime(required=True, format="iso", default_timezone=UTC)
    head = fields.Nested(_CommitSchema, required=True)


class _PullChangesSchema(_Payload, RequestSchema[PullChanges]):
    base = fields.Dict(load_default=None, allow_none=True)


class PullRequestEventSchema(_Payload, RequestSchema[PullRequestEvent]):
    """`pull_request`."""

    pull_request = fields.Nested(_PullRequestSchema, required=True)
    changes = fields.Nested(_PullChangesSchema, load_default=None, allow_none=True)


class PushEventSchema(_Payload, RequestSchema[PushEvent]):
    """`push`."""

    ref = fields.String(required=True)
    before = _sha()
    after = _sha()
    repository = fields.Nested(_RepositorySchema, required=True)


class _CheckRunSchema(_Payload, RequestSchema[CheckRunPart]):
    name = fields.String(load_default="")
    head_sha = _sha()


class _RequestedActionSchema(_Payload, RequestSchema[RequestedAction]):
    identifier = fields.String(load_default="")


class CheckRunEventSchema(_Payload, RequestSchema[CheckRunEvent]):
    """`check_run`."""

    check_run = fields.Nested(_CheckRunSchema, required=True)
    requested_action = fields.Nested(_RequestedActionSchema, load_default=None, allow_none=True)


class _CheckSuiteSchema(_Payload, RequestSchema[CheckSuitePart]):
    head_sha = _sha()


class CheckSuiteEventSchema(_Payload, RequestSchema[CheckSuiteEvent]):
    """`check_suite`."""

    check_suite = fields.Nested(_CheckSuiteSchema, required=True)


class _IssueSchema(_Payload, RequestSchema[Issue]):
    number = _number()
    user = fields.Nested(_UserSchema, load_default=None, allow_none=True)
    pull_request = fields.Dict(load_default=None, allow_none=True)


class _CommentSchema(_Payload, RequestSchema[Comment]):
    body = fields.String(load_default="", allow_none=True)
    author_association = fields.String(load_default="NONE")
    user = fields.Nested(_UserSchema, load_default=None, allow_none=True)


class IssueCommentEventSchema(_Payload, RequestSchema[IssueCommentEvent]):
    """`issue_comment`."""

    issue = fields.Nested(_IssueSchema, required=True)
    comment = fields.Nested(_CommentSchema, required=True)
