"""The rows that the queries of accounts, tokens, sessions, sign-ins and the audit log return."""

from dataclasses import dataclass
from datetime import datetime

from oa_shared.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account; `by_membership` accounts may sign in only while their user is a member at GitHub."""

    id: int
    login: str
    email: str | None
    github_id: int | None
    by_membership: bool
    role: str
    created_at: datetime
    signed_in_at: datetime | None
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountConflictRow:
    """Which values another account has in common with one; None if either has no value."""

    login: bool | None
    email: bool | None
    github_id: bool | None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An API token, without its secret; `account` is the ID of its owner."""

    id: int
    account: int
    login: str
    name: str
    role: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenPrincipalRow:
    """The owner of a token, and the token's ID and role (`scope`)."""

    credential: int
    scope: str
    expires_at: datetime
    account: int
    login: str
    role: str


@dataclass(frozen=True, slots=True)
class SessionPrincipalRow:
    """The account of a session, and the session's ID."""

    credential: int
    account: int
    login: str
    role: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session of a browser, described by `client`."""

    id: int
    client: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class SignInRequestRow:
    """A request for a sign-in link; `anonymous_session` is a digest."""

    email: str
    anonymous_session: memoryview
    next: str


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A valid sign-in link; `anonymous_session` is the digest of the browser that requested it, if one did."""

    login: str
    anonymous_session: memoryview | None


@dataclass(frozen=True, slots=True)
class UsedLinkRow:
    """The account that a link signs in, and the path of the page to go to."""

    id: int
    login: str
    role: str
    next: str


@dataclass(frozen=True, slots=True)
class SignInStateRow:
    """A sign-in through GitHub: the PKCE verifier, and the path of the page to go to."""

    verifier: str
    next: str


@dataclass(frozen=True, slots=True)
class AuditEntryRow:
    """An action: who did what to which subject, and why. `account` is None for the service."""

    id: int
    created_at: datetime
    kind: str
    account: int | None
    actor: str
    role: str
    action: str
    subject: str
    reason: str
    detail: JsonObject
