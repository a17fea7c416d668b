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

    def has_role(self, role: Role) -> bool:
        """Return whether the role is `role` or higher."""
        return self.role >= role


TOKEN, SESSION = "token", "session"
ANONYMOUS = Principal("anonymous", None, "anonymous", Role.ANYONE)
SERVICE = Principal("service", None, "service", Role.SERVICE)
PRINCIPAL = web.RequestKey("principal", Principal)
