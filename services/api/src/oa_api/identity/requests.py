"""What requests about accounts, tokens and the audit log say, after validation."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from oa_api.http.schemas import CursorSlice


class Unchanged(Enum):
    """The value of a field that a request leaves out."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED


@dataclass(frozen=True, kw_only=True, slots=True)
class NewAccount:
    """An account to create; `role` is the label of a role."""

    login: str
    email: str | None = None
    github_id: int | None = None
    role: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountChange:
    """What to change of an account."""

    email: str | Unchanged | None = UNCHANGED
    github_id: int | Unchanged | None = UNCHANGED
    role: str | Unchanged = UNCHANGED
    disabled: bool | Unchanged = UNCHANGED


@dataclass(frozen=True, kw_only=True, slots=True)
class NewToken:
    """A token to create, valid for `days`; without `account` it is for the caller."""

    name: str
    role: str
    days: int
    account: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenFilter(CursorSlice):
    """Which tokens to list: those of an account, or of all accounts."""

    account: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditFilter(CursorSlice):
    """Which entries of the audit log to list."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
