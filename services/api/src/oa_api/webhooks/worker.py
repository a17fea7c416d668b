"""The worker that sends deliveries: at least once each, retried for a day, then failed with the reason."""

import asyncio
import random
import time
from enum import StrEnum

import structlog

from oa_api.background.loop import run_loop
from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.metrics import WEBHOOK_TRIES
from oa_api.webhooks.rows import WebhookRequest
from oa_api.webhooks.sender import TIMEOUT_S, DeliveryResult, Sender
from oa_shared.fault_points import fault_point

log = structlog.get_logger()
WEBHOOKS = "webhooks"
# Seconds between attempts: about a day in all.
DELAYS_S = (10, 60, 300, 900, 3600, 7200, 14_400, 28_800, 28_800)
MAX_FAILED_DELIVERIES = 3
_TIDY_EVERY_S = 30.0
_JITTER = 0.1
_MAX_DELIVERIES = 20
_BACK_OFF_S = 60.0
# One claim for each attempt, and as many again for those during which the process died.
_MAX_CLAIMS = 2 * (len(DELAYS_S) + 1)
_LEASE_S = 6 * TIMEOUT_S
_DISABLED = "the webhook was disabled"
_SQL = load_queries("webhooks.queries")


class DeliveryOutcome(StrEnum):
    """The state of a delivery after an attempt; DISABLED means that its webhook is disabled too."""

    DELIVERED = "delivered"
    RETRY = "retry"
    FAILED = "failed"
    DISABLED = "disabled"


async def run_webhooks(database: Database, sender: Sender, stop: asyncio.Event, *, every_s: float = 1) -> None:
    """Send deliveries until `stop` is set."""
    tidied_at = float("-inf")

    async def work() -> bool:
        nonlocal tidied_at
        if time.monotonic() - tidied_at > _TIDY_EVERY_S:
            await database.execute(_SQL["delete_old_deliveries"])
            await database.execute(_SQL["forget_former_secrets"])
            tidied_at = time.monotonic()
        return await deliver_once(database, sender) > 0

    async with sender:
        await run_loop(WEBHOOKS, work, stop, every_s=every_s)


async def deliver_once(database: Database, sender: Sender) -> int:
    """Send up to 20 due deliveries of each webhook, all at once, and return how many there were."""
    values = {"lease_s": _LEASE_S, "each": _MAX_DELIVERIES}
    requests = await database.run(lambda transaction: transaction.all(_SQL["claim"], values, into=WebhookRequest))
    results = await asyncio.gather(*(_deliver(database, sender, each) for each in requests), return_exceptions=True)
    for error in results:
        if isinstance(error, BaseException):
            raise error
    return len(requests)


async def _deliver(database: Database, sender: Sender, request: WebhookRequest) -> None:
    result = await _send(sender, request)
    fault_point("webhook.after_send")
    outcome = await database.run(lambda transaction: _record_result(transaction, request, result))
    WEBHOOK_TRIES.labels(outcome).inc()
    log.info(
        "webhook_tried",
        webhook=request.webhook,
        delivery=request.id,
        tries=request.tries,
        status=result.status,
        outcome=outcome,
        error=result.error,
    )


async def _send(sender: Sender, request: WebhookRequest) -> DeliveryResult:
    """Return the result of one attempt; a bug fails this delivery like a receiver would, and holds up no other."""
    if request.tries > _MAX_CLAIMS:
        return DeliveryResult(None, f"claimed {_MAX_CLAIMS} times without a result: the process ended each time")
    try:
        return await sender.send(request)
    except Exception as error:
        log.exception("webhook_crashed", webhook=request.webhook, delivery=request.id)
        return DeliveryResult(None, f"internal error {type(error).__name__}; see the log")


async def _record_result(transaction: Transaction, request: WebhookRequest, result: DeliveryResult) -> DeliveryOutcome:
    values = {"delivery": request.id, "webhook": request.webhook, "status": result.status, "error": result.error}
    if result.is_accepted:
        await transaction.execute(_SQL["record_success"], values)
        await transaction.execute(_SQL["reset_failures"], values)
        return DeliveryOutcome.DELIVERED
    back_off_s = _BACK_OFF_S if request.tries > 1 else DELAYS_S[0]
    await transaction.execute(_SQL["back_off"], {**values, "back_off_s": back_off_s})
    if request.tries <= len(DELAYS_S):
        # The jitter spreads the retries of deliveries that failed together.
        delay_s = DELAYS_S[request.tries - 1] * random.uniform(1, 1 + _JITTER)  # noqa: S311
        await transaction.execute(_SQL["retry_delivery"], {**values, "delay_s": delay_s})
        return DeliveryOutcome.RETRY
    await transaction.execute(_SQL["fail_delivery"], values)
    reason = f"{MAX_FAILED_DELIVERIES} deliveries in a row failed, each after a day of retries; last: {result.error}"
    failure = {**values, "most": MAX_FAILED_DELIVERIES, "reason": reason}
    if not await transaction.first(_SQL["record_failed_delivery"], failure, into=bool):
        return DeliveryOutcome.FAILED
    await transaction.execute(_SQL["fail_waiting"], {**values, "error": _DISABLED})
    return DeliveryOutcome.DISABLED
