"""Permissions that depend on more than the route.

Work that is published requires a higher role than a trial, and a trial belongs to the account that started it.
"""

from oa_api.http.errors import ForbiddenError
from oa_api.identity.principal import SYSTEM, TOKEN, Principal
from oa_shared.job_kinds import JobKind
from oa_shared.roles import Role
from oa_shared.scheduling import Lane

# Kinds of jobs whose results everyone can download.
_PUBLIC_KINDS = frozenset({JobKind.COLLECTION, JobKind.FABRIC, JobKind.BACKFILL})


def require_role(principal: Principal, role: Role, *, what: str) -> None:
    """Raise ForbiddenError, naming what requires `role`, unless the principal has it."""
    if not principal.has_role(role):
        raise ForbiddenError(f"{what} {describe_missing_role(principal, role)}")


def describe_missing_role(principal: Principal, role: Role) -> str:
    """Return which role is required, which one the caller has, and who can give it: a sentence without its subject."""
    if role is Role.SERVICE:
        return "requires the shared secret of the services; no account has it"
    if principal.kind == TOKEN:
        has = f"this token of {principal.name} has role {principal.role.label}"
        return f"requires role {role.label}; {has}: create a token with that role, or ask an admin for the role"
    return f"requires role {role.label}; {principal.name} has role {principal.role.label}: ask an admin for it"


def require_for_run(principal: Principal, *, live: bool) -> None:
    """Raise ForbiddenError if an author creates a live run or adds jobs to one, which would publish the results."""
    if live:
        require_role(principal, Role.ADMIN, what="work in a live run")


def require_for_lane(principal: Principal, lane: Lane) -> None:
    """Raise ForbiddenError if an author chooses a lane whose jobs run before, or instead of, those of others."""
    if lane is not Lane.MANUAL:
        require_role(principal, Role.MODERATOR, what=f"lane {lane}")


def require_owner(principal: Principal, owner: str, *, what: str) -> None:
    """Raise ForbiddenError, naming what belongs to another, unless the principal is its owner or a moderator."""
    if principal.owner != owner:
        require_role(principal, Role.MODERATOR, what=f"{what} of another account")


def require_to_add_jobs(principal: Principal, owner: str) -> None:
    """Raise ForbiddenError unless the principal may add jobs to a run of this owner.

    Runs of pull requests, schedules and products get jobs from the system only: a merge publishes them.
    """
    if owner == SYSTEM:
        raise ForbiddenError("this run belongs to the system and accepts no jobs from requests: create another run")
    require_owner(principal, owner, what="a run")


def require_for_job(principal: Principal, *, live: bool, kind: str, owner: str) -> None:
    """Raise ForbiddenError if the principal may not rerun or end a job; `owner` is that of its run."""
    if live:
        require_role(principal, Role.MODERATOR, what="a job of a live run")
    if kind in _PUBLIC_KINDS:
        require_role(principal, Role.MODERATOR, what=f"a job of kind {kind}")
    require_owner(principal, owner, what="a job")
