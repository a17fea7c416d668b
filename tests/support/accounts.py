"""Accounts of a running API with their tokens and sessions, created by the functions of the API."""

from dataclasses import dataclass
from typing import Any

from oa_api.db.query_files import load_queries
from oa_api.identity import accounts, magic_link, sessions
from oa_api.identity.principal import SERVICE
from oa_api.identity.requests import NewAccount
from oa_api.identity.rows import AccountRow
from support.running_api import INTERNAL, RunningApi

_SQL = load_queries("identity.queries")


@dataclass(frozen=True)
class Answer:
    """The status, the JSON and the headers of a response."""

    status: int
    json: Any
    headers: Any


async def call(api: RunningApi, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """Send a request, with the shared secret unless `headers` have a credential."""
    sent = headers or INTERNAL
    async with api.client.request(method, path, json=body, headers=sent) as response:
        return Answer(response.status, await response.json(), response.headers)


async def account(api: RunningApi, login: str, role: str = "viewer", **more: Any) -> int:
    """Create an account and return its ID."""
    new_account = NewAccount(login=login, role=role, **more)
    return await api.database.run(lambda transaction: accounts.create_account(transaction, new_account, by=SERVICE))


async def token(api: RunningApi, login: str, role: str = "viewer", *, days: int = 1) -> dict[str, str]:
    """Create a token of an account and return its header."""
    row = await _account_row(api, login)
    body = {"account": row.id, "name": "test", "role": role, "days": days}
    created = await call(api, "POST", "/api/token", body)
    return {"Authorization": f"Bearer {created.json['token']}"}


async def session(api: RunningApi, login: str) -> str:
    """Open a session of an account and return the secret of its cookie."""
    row = await _account_row(api, login)
    return await api.database.run(
        lambda transaction: sessions.open_session(transaction, row, user_agent="test", replaces="", method="mail")
    )


async def link(api: RunningApi, account_id: int, **more: Any) -> str:
    """Create a sign-in link and return its secret."""
    return await api.database.run(lambda transaction: magic_link.create_link(transaction, account_id, **more))


async def _account_row(api: RunningApi, login: str) -> AccountRow:
    row = await api.database.first(_SQL["account_by_login"], {"login": login}, into=AccountRow)
    assert row is not None
    return row
