"""Credentials of each role, written as rows: a probe may disable accounts and revoke tokens, then it gets new ones."""

import secrets
from contextlib import closing

import psycopg2

from oa_api.identity.credential import digest, new_api_token, new_secret
from oa_shared.roles import ACCOUNT_ROLES
from support.running_api import INTERNAL

ANONYMOUS, SERVICE = "anonymous", "service"
ROLES = (ANONYMOUS, *ACCOUNT_ROLES, SERVICE)
_ACCOUNT = "INSERT INTO account (login, email, role) VALUES (%(login)s, %(email)s, %(role)s) RETURNING id"
_TOKEN = """
INSERT INTO api_token (account_id, digest, name, role, expires_at)
VALUES (%(account)s, %(digest)s, 'probe', %(role)s, now() + interval '1 day')
"""
_SESSION = "INSERT INTO session (account_id, digest) VALUES (%(account)s, %(digest)s)"


class Credentials:
    """Creates accounts in a database and keeps the newest credentials of each role."""

    accounts = frozenset(ACCOUNT_ROLES)

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._tokens: dict[str, str] = {}
        self._sessions: dict[str, str] = {}
        for role in ACCOUNT_ROLES:
            self.renew(role)

    def renew(self, role: str) -> None:
        """Create another account of a role, with a token and a session."""
        if role not in ACCOUNT_ROLES:
            return
        token, session, login = new_api_token(), new_secret(), f"{role}-{secrets.token_hex(6)}"
        with closing(psycopg2.connect(self._database_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(_ACCOUNT, {"login": login, "email": f"{login}@example.org", "role": role})
            ((account,),) = cursor.fetchall()
            cursor.execute(_TOKEN, {"account": account, "digest": digest(token), "role": role})
            cursor.execute(_SESSION, {"account": account, "digest": digest(session)})
        self._tokens[role], self._sessions[role] = token, session

    def headers(self, role: str) -> dict[str, str]:
        """Return the headers of a program with a role."""
        if role == SERVICE:
            return dict(INTERNAL)
        return {"Authorization": f"Bearer {self._tokens[role]}"} if role in self._tokens else {}

    def cookies(self, role: str) -> dict[str, str]:
        """Return the cookies of a browser in which an account of a role is signed in."""
        return {"oa_session": self._sessions[role]} if role in self._sessions else {}
