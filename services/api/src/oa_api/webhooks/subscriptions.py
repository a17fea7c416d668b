"""Writing webhooks: who is told of what."""

import json
from typing import Any

from yarl import URL

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, InvalidError, NotFoundError
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_api.webhooks.signature import new_secret
from oa_shared.public_http import AddressRefusedError, Guard

PING = "ping"
_SQL = load_queries("webhooks.queries")


def check_address(address: str, guard: Guard) -> None:
    """Refuse an address that is not to be sent to. Raises InvalidError."""
    url = URL(address)
    try:
        guard.check(url)
    except AddressRefusedError as error:
        raise _invalid(error.detail) from error
    if url.user is not None or url.password is not None:
        raise _invalid("it may hold no user and no password")
    if url.scheme != "https" and not guard.is_allowed(url.host or ""):
        raise _invalid("use https")


async def create(database: Database, asked: dict[str, Any], *, by: Principal) -> tuple[int, str]:
    """Write a webhook and return its number and its secret."""
    secret = new_secret()

    async def work(transaction: Transaction) -> int:
        row = await transaction.first(_SQL["insert"], {**asked, "secret": secret})
        made = int(row["id"]) if row else 0
        await audit_log.record(transaction, by, action="webhook.create", subject=f"webhook/{made}", detail=asked)
        return made

    return await database.run(work), secret


async def change(database: Database, webhook: int, asked: dict[str, Any], *, by: Principal) -> str | None:
    """Change a webhook and return its secret if it is a new one. Raises NotFoundError."""
    secret = new_secret() if asked["new_secret"] else None

    async def work(transaction: Transaction) -> None:
        before = await transaction.first(_SQL["lock"], {"webhook": webhook})
        if before is None:
            raise NotFoundError(f"there is no webhook {webhook}")
        await transaction.execute(_SQL["update"], {**before, **asked, "secret": secret, "webhook": webhook})
        await audit_log.record(transaction, by, action="webhook.change", subject=f"webhook/{webhook}", detail=asked)

    await database.run(work)
    return secret


async def delete(database: Database, webhook: int, *, by: Principal) -> None:
    """Remove a webhook and what it would have been told. Raises NotFoundError."""

    async def work(transaction: Transaction) -> None:
        if not await transaction.execute(_SQL["delete"], {"webhook": webhook}):
            raise NotFoundError(f"there is no webhook {webhook}")
        await audit_log.record(transaction, by, action="webhook.delete", subject=f"webhook/{webhook}")

    await database.run(work)


async def ping(database: Database, webhook: int) -> int:
    """Queue a delivery that only says that we are there, and return its number. Raises NotFoundError, ConflictError."""

    async def work(transaction: Transaction) -> Row | None:
        row = await transaction.first(_SQL["lock"], {"webhook": webhook})
        if row is None:
            raise NotFoundError(f"there is no webhook {webhook}")
        if not row["active"]:
            raise ConflictError(f"webhook {webhook} is switched off")
        body = json.dumps({"event": PING, "webhook": webhook})
        return await transaction.first(_SQL["queue"], {"webhook": webhook, "event": PING, "body": body})

    row = await database.run(work)
    return int(row["id"]) if row else 0


def _invalid(why: str) -> InvalidError:
    return InvalidError(f"nothing is sent to this address: {why}", fields={"url": [why]})
