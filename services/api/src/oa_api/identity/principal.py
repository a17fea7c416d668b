"""Whoever sends a request, as the middleware has found out."""

from dataclasses import dataclass

from aiohttp import web

from oa_shared.roles import Role


@dataclass(frozen=True, slots=True)
class Principal:
    """`kind` says what proved it: nothing, the shared secret, a token or a session; `id` is the account's, if any."""

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
