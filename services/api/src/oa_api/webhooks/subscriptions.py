"""Webhooks and their deliveries, read and written."""

from dataclasses import replace

from yarl import URL

from oa_api.db import counting
from oa_api.db.database import Database, Transaction
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.http.errors import ConflictError, InvalidError, NotFoundError
from oa_api.http.schemas import CursorSlice
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_api.jobs.filters import window_parameters
from oa_api.webhooks.payload import body_on_site, ping_body
from oa_api.webhooks.requests import DeliveryFilter, NewWebhook, WebhookChange
from oa_api.webhooks.rows import DeliveryRow, WebhookRow
from oa_api.webhooks.signature import new_secret
from oa_shared.public_http import AddressRefusedError, Guard

PING = "ping"
# How long a replaced secret signs deliveries too, so that receivers can change to the new one without losing any.
FORMER_SECRET_S = 86_400.0
_SQL = load_queries("webhooks.queries")


async def list_webhooks(database: Database, window: CursorSlice) -> Page[WebhookRow]:
    """Return a page of webhooks, newest first."""
    values = window_parameters(window)
    rows = await database.all(_SQL["list"], values, into=WebhookRow)
    return Page.cut(rows, window.limit, await counting.count_rows(database, _SQL["count"], values))


async def get_webhook(database: Database, webhook: int) -> WebhookRow:
    """Return a webhook without its secret. Raises NotFoundError."""
    row = await database.first(_SQL["one"], {"webhook": webhook}, into=WebhookRow)
    if row is None:
        raise _not_found(webhook)
    return row


async def list_deliveries(
    database: Database, webhook: int, delivery_filter: DeliveryFilter, *, site: str
) -> Page[DeliveryRow]:
    """Return a page of the deliveries of a webhook, newest first, with bodies as `site` sends them."""
    values = {**window_parameters(delivery_filter), "webhook": webhook, "state": delivery_filter.state}
    stored = await database.all(_SQL["deliveries"], values, into=DeliveryRow)
    rows = [replace(row, body=body_on_site(row.body, site)) for row in stored]
    total = await counting.count_rows(database, _SQL["count_deliveries"], values)
    return Page.cut(rows, delivery_filter.limit, total)


async def create_webhook(
    database: Database, new_webhook: NewWebhook, guard: Guard, *, by: Principal
) -> tuple[WebhookRow, str]:
    """Create a webhook, queue a ping to it, and return it with its secret. Raises InvalidError for its URL."""
    _check_url(new_webhook.url, guard)
    secret, detail = new_secret(), as_parameters(new_webhook)

    async def work(transaction: Transaction) -> int:
        (webhook,) = await transaction.all(_SQL["insert"], {**detail, "secret": secret}, into=int)
        await audit_log.record(transaction, by, action="webhook.create", subject=f"webhook/{webhook}", detail=detail)
        return webhook

    webhook = await database.run(work)
    await queue_ping(database, webhook)
    return await get_webhook(database, webhook), secret


async def change_webhook(
    database: Database, webhook: int, change: WebhookChange, guard: Guard, *, by: Principal
) -> str | None:
    """Change a webhook and return its secret if that is new. Raises NotFoundError, and InvalidError for its URL."""
    if change.url is not None:
        _check_url(change.url, guard)
    secret = new_secret() if change.new_secret else None
    values = as_parameters(change)
    detail = {name: values[name] for name in change.given}

    async def work(transaction: Transaction) -> None:
        if not await transaction.execute(
            _SQL["update"], {**values, "secret": secret, "former_secret_s": FORMER_SECRET_S, "webhook": webhook}
        ):
            raise _not_found(webhook)
        await audit_log.record(transaction, by, action="webhook.change", subject=f"webhook/{webhook}", detail=detail)

    await database.run(work)
    return secret


async def delete_webhook(database: Database, webhook: int, *, by: Principal) -> None:
    """Delete a webhook and its deliveries. Raises NotFoundError."""

    async def work(transaction: Transaction) -> None:
        if not await transaction.execute(_SQL["delete"], {"webhook": webhook}):
            raise _not_found(webhook)
        await audit_log.record(transaction, by, action="webhook.delete", subject=f"webhook/{webhook}")

    await database.run(work)


async def queue_ping(database: Database, webhook: int) -> int:
    """Queue a test delivery and return its ID. Raises NotFoundError, and ConflictError for a disabled webhook."""
    body = ping_body(PING, webhook)

    async def work(transaction: Transaction) -> int:
        is_active = await transaction.first(_SQL["lock"], {"webhook": webhook}, into=bool)
        if is_active is None:
            raise _not_found(webhook)
        if not is_active:
            raise ConflictError(f"webhook {webhook} is disabled")
        values = {"webhook": webhook, "event": PING, "body": body}
        (delivery,) = await transaction.all(_SQL["queue"], values, into=int)
        return delivery

    return await database.run(work)


def _check_url(text: str, guard: Guard) -> None:
    url = URL(text)
    try:
        guard.check(url)
    except AddressRefusedError as error:
        raise _invalid_url(error.detail) from error
    if url.user is not None or url.password is not None:
        raise _invalid_url("it must not contain a user or a password")
    if url.scheme != "https" and not guard.is_allowed(url.host or "", url.port):
        raise _invalid_url("use https")


def _invalid_url(reason: str) -> InvalidError:
    return InvalidError(f"deliveries cannot be sent to this URL: {reason}", fields={"url": [reason]})


def _not_found(webhook: int) -> NotFoundError:
    return NotFoundError(f"webhook {webhook} does not exist")
