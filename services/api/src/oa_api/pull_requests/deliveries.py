"""Deliveries: the events that GitHub has sent, each processed once however often it arrives."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from oa_api.db.database import Database, Transaction
from oa_api.db.errors import StoreError
from oa_api.db.query_files import load_queries
from oa_api.pull_requests.events import Ignored, Task
from oa_api.pull_requests.rows import GitHubDeliveryRow

_SQL = load_queries("pull_requests.queries")
_MAX_REASON = 1000
_RENEWALS_PER_LEASE = 4
WAITING, IGNORED, KNOWN = "waiting", "ignored", "known"


@dataclass(frozen=True, slots=True)
class GitHubDelivery:
    """The response to an event: its state, and the reason if it needs no work."""

    delivery: str
    state: str
    reason: str


async def record_delivery(database: Database, delivery_id: str, event: str, task: Task | Ignored) -> GitHubDelivery:
    """Store an event; a repeated one is `known` and changes nothing, unless its processing was abandoned."""
    if isinstance(task, Ignored):
        state, reason, stored_task = IGNORED, task.text, None
    else:
        state, reason, stored_task = WAITING, "", json.dumps(task.as_json())
    values = {"id": delivery_id, "event": event, "state": state, "reason": reason, "task": stored_task}
    if await database.execute(_SQL["record_delivery"], values):
        return GitHubDelivery(delivery_id, state, reason)
    return GitHubDelivery(delivery_id, KNOWN, "already received")


async def claim_delivery(transaction: Transaction, *, lease_s: float) -> GitHubDeliveryRow | None:
    """Claim the next due event for `lease_s` seconds; if this process dies, another one claims it after that time."""
    return await transaction.first(_SQL["claim_delivery"], {"lease_s": lease_s}, into=GitHubDeliveryRow)


@asynccontextmanager
async def keep_delivery(database: Database, delivery_id: str, *, lease_s: float) -> AsyncIterator[None]:
    """Renew the lease of an event during the block, which may take longer than the lease: it reads many definitions."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(lease_s / _RENEWALS_PER_LEASE)
            # Without the database the block ends soon, with its own error.
            with suppress(StoreError):
                await database.execute(_SQL["renew_delivery"], {"id": delivery_id, "lease_s": lease_s})

    renewal = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewal.cancel()
        await asyncio.wait([renewal])


async def lock_delivery(transaction: Transaction, delivery_id: str) -> bool:
    """Lock an event until the end of the transaction; return False if it has been processed already."""
    return await transaction.first(_SQL["lock_delivery"], {"id": delivery_id}, into=str) is not None


async def end_delivery(executor: Database | Transaction, delivery_id: str, *, state: str, reason: str) -> None:
    """Record the outcome of an event: `done` or `abandoned`."""
    values = {"id": delivery_id, "state": state, "reason": reason[:_MAX_REASON]}
    await executor.execute(_SQL["end_delivery"], values)


async def back_off(database: Database, delivery_id: str, *, delay_s: float, reason: str) -> None:
    """Make an event due again after `delay_s` seconds."""
    values = {"id": delivery_id, "delay_s": delay_s, "reason": reason[:_MAX_REASON]}
    await database.execute(_SQL["back_off_delivery"], values)


async def delete_old_deliveries(database: Database) -> None:
    """Delete events received more than 30 days ago."""
    await database.execute(_SQL["delete_old_deliveries"])
