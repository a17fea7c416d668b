"""What depends on more than the route: work that gets published takes a higher role than a trial."""

from oa_api.http.errors import ForbiddenError
from oa_api.identity.principal import Principal
from oa_shared.job_kinds import JobKind
from oa_shared.roles import Role

_OFFERED = frozenset({JobKind.COLLECTION, JobKind.FABRIC})


def require(principal: Principal, role: Role, *, doing: str) -> None:
    """Raise ForbiddenError, naming what takes `role`, unless the principal has it."""
    if not principal.has_role(role):
        raise ForbiddenError(f"{doing} takes {role.label}; {principal.name} is {principal.role.label}")


def require_for_run(principal: Principal, *, live: bool) -> None:
    """Keep authors to trials: making a live run, or adding to one, publishes. Raises ForbiddenError."""
    if live:
        require(principal, Role.ADMIN, doing="work in a live run")


def require_for_job(principal: Principal, *, live: bool, kind: str) -> None:
    """Leave it to moderators to run again or to end what makes something for everybody. Raises ForbiddenError."""
    if live:
        require(principal, Role.MODERATOR, doing="a job of a live run")
    if kind in _OFFERED:
        require(principal, Role.MODERATOR, doing=f"a job of kind {kind}")
