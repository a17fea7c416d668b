"""The duty that tells webhooks what they wait for: at least once, tried for a day, then given up with the reason."""

import asyncio
import random
import time

import structlog

from oa_api.background.heartbeat import record_heartbeat
from oa_api.background.loop import run_loop
from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.metrics import WEBHOOK_TRIES
from oa_api.webhooks.sender import TIMEOUT_S, DeliveryResult, Sender, WebhookRequest
from oa_shared.fault_points import fault_point

log = structlog.get_logger()
WEBHOOKS = "webhooks"
# Seconds between tries: about a day in all.
DELAYS_S = (10, 60, 300, 900, 3600, 7200, 14_400, 28_800, 28_800)
MAX_FAILED_DELIVERIES = 3
_TIDY_EVERY_S = 30.0
_JITTER = 0.1
_EACH = 20
_BACK_OFF_S = 60.0
_LEASE_S = 6 * TIMEOUT_S
_DISABLED = "the webhook was switched off"
_SQL = load_queries("webhooks.queries")


async def run_webhooks(database: Database, sender: Sender, stop: asyncio.Event, *, every_s: float = 1) -> None:
    """Deliver until `stop` is set."""
    tidied_at = float("-inf")

    async def work() -> bool:
        nonlocal tidied_at
        if time.monotonic() - tidied_at > _TIDY_EVERY_S:
            await database.execute(_SQL["delete_old_deliveries"])
            await record_heartbeat(database, WEBHOOKS)
            tidied_at = time.monotonic()
        return await deliver_once(database, sender) > 0

    async with sender:
        await run_loop(WEBHOOKS, work, stop, every_s=every_s)


async def deliver_once(database: Database, sender: Sender) -> int:
    """Try a few deliveries of each webhook that are due, all at once; return how many were tried."""
    values = {"lease_s": _LEASE_S, "each": _EACH}
    rows = await database.run(lambda transaction: transaction.all(_SQL["claim"], values))
    ends = await asyncio.gather(*(_deliver(database, sender, row) for row in rows), return_exceptions=True)
    for error in ends:
        if isinstance(error, BaseException):
            raise error
    return len(rows)


async def _deliver(database: Database, sender: Sender, row: Row) -> None:
    parcel = WebhookRequest(row["id"], row["event"], url=row["url"], body=row["body"], secret=row["secret"])
    reply = await sender.send(parcel)
    fault_point("webhook.after_send")
    outcome = await database.run(lambda transaction: _settle(transaction, row, reply))
    WEBHOOK_TRIES.labels(outcome).inc()
    told = {"webhook": row["webhook"], "delivery": row["id"], "tries": row["tries"], "status": reply.status}
    log.info("webhook_tried", **told, outcome=outcome, error=reply.error)


async def _settle(transaction: Transaction, row: Row, reply: DeliveryResult) -> str:
    """Write down how a try went: `delivered`, `later`, `failed` or `disabled`."""
    values = {"delivery": row["id"], "webhook": row["webhook"], "status": reply.status, "error": reply.error}
    if reply.is_taken:
        await transaction.execute(_SQL["delivered"], values)
        await transaction.execute(_SQL["reset_failures"], values)
        return "delivered"
    await transaction.execute(
        _SQL["back_off"], {**values, "back_off_s": _BACK_OFF_S if row["tries"] > 1 else DELAYS_S[0]}
    )
    if row["tries"] <= len(DELAYS_S):
        delay_s = DELAYS_S[row["tries"] - 1] * random.uniform(1, 1 + _JITTER)  # noqa: S311 - so that they do not come together
        await transaction.execute(_SQL["retry_delivery"], {**values, "delay_s": delay_s})
        return "later"
    await transaction.execute(_SQL["fail_delivery"], values)
    because = (
        f"{MAX_FAILED_DELIVERIES} deliveries in a row failed, each after a day of tries; the last one: {reply.error}"
    )
    webhook = await transaction.first(
        _SQL["record_failed_delivery"], {**values, "most": MAX_FAILED_DELIVERIES, "because": because}
    )
    if webhook is None or not webhook["is_disabled"]:
        return "failed"
    await transaction.execute(_SQL["fail_waiting"], {**values, "error": _DISABLED})
    return "disabled"
