"""The principal: who sends a request, as the authorization middleware found."""

from dataclasses import dataclass

from aiohttp import web

from oa_shared.roles import Role


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts: `kind` is the kind of credential (a shared secret, token, session or none), `id` an account's."""

    kind: str
    id: int | None
    name: str
    role: Role

    @property
    def owner(self) -> str:
        """Return whom the database names as the owner of what this principal creates: an account's ID, or a service."""
        return str(self.id) if self.id is not None else self.name

    def has_role(self, role: Role) -> bool:
        """Return whether the role is `role` or higher."""
        return self.role >= role


# The owner of runs that this system creates itself: pull requests, schedules, products.
SYSTEM = "system"
TOKEN, SESSION = "token", "session"
ANONYMOUS = Principal("anonymous", None, "anonymous", Role.ANYONE)
SERVICE = Principal("service", None, "service", Role.SERVICE)
PRINCIPAL = web.RequestKey("principal", Principal)
