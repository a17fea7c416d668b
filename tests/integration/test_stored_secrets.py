"""Which secrets the database holds as they are: those that docs/identity.md names for a copy of it, and no others."""

import pytest

from support.accounts import account, call, link, session, token
from support.running_api import INTERNAL, SECRET, RunningApi

_TABLES = "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
_KEY = {**INTERNAL, "Idempotency-Key": "once"}
WEBHOOK = {"url": "https://example.org/hook", "events": ["data.published"]}


async def tables_with(api: RunningApi, text: str) -> set[str]:
    """Return the tables in which a row has a text."""
    names = [row["name"] for row in await api.database.all(_TABLES)]
    found = set()
    for name in names:
        statement = f"SELECT 1 AS one FROM {name} AS t WHERE t::text LIKE %(text)s LIMIT 1"  # noqa: S608 - our tables
        if await api.database.first(statement, {"text": f"%{text}%"}):
            found.add(name)
    return found


async def secret_of(api: RunningApi, kind: str) -> str:
    """Return a new secret of a kind."""
    number = await account(api, "ada", "admin")
    match kind:
        case "api token":
            return (await token(api, "ada", "admin"))["Authorization"].removeprefix("Bearer ")
        case "session":
            return await session(api, "ada")
        case "sign-in link":
            return await link(api, number)
        case "shared secret":
            return SECRET
        case "webhook":
            return str((await call(api, "POST", "/api/webhook", WEBHOOK, **_KEY)).json["secret"])
        case _:
            return str((await api.job())["token"])


@pytest.mark.parametrize(
    ("kind", "tables"),
    [
        ("api token", set()),
        ("session", set()),
        ("sign-in link", set()),
        ("shared secret", set()),
        ("webhook", {"webhook"}),
        ("attempt", {"job", "job_attempt", "outbox"}),
    ],
)
async def test_copy_of_the_database_has_only_the_secrets_that_it_needs(
    api: RunningApi, kind: str, tables: set[str]
) -> None:
    assert await tables_with(api, await secret_of(api, kind)) == tables
