"""Permissions that depend on more than the route: work that is published requires a higher role than a trial."""

from oa_api.http.errors import ForbiddenError
from oa_api.identity.principal import Principal
from oa_shared.job_kinds import JobKind
from oa_shared.roles import Role

# Kinds of jobs whose results everyone can download.
_PUBLIC_KINDS = frozenset({JobKind.COLLECTION, JobKind.FABRIC})


def require_role(principal: Principal, role: Role, *, what: str) -> None:
    """Raise ForbiddenError, naming what requires `role`, unless the principal has it."""
    if not principal.has_role(role):
        detail = f"{what} requires role {role.label}; {principal.name} has role {principal.role.label}"
        raise ForbiddenError(detail)


def require_for_run(principal: Principal, *, live: bool) -> None:
    """Raise ForbiddenError if an author creates a live run or adds jobs to one, which would publish the results."""
    if live:
        require_role(principal, Role.ADMIN, what="work in a live run")


def require_for_job(principal: Principal, *, live: bool, kind: str) -> None:
    """Raise ForbiddenError if an author reruns or ends a job whose result is public."""
    if live:
        require_role(principal, Role.MODERATOR, what="a job of a live run")
    if kind in _PUBLIC_KINDS:
        require_role(principal, Role.MODERATOR, what=f"a job of kind {kind}")
