"""The task of the schedule `report`: the health digest, sent once by mail and once to a webhook."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

import aiohttp
import structlog
from yarl import URL

from oa_api.db.database import Database, Transaction
from oa_api.mail import Mailer
from oa_api.reporting import health_digest
from oa_api.reporting.health_digest import DigestPeriod, HealthDigest
from oa_api.schedules import schedule_runs
from oa_api.schedules.rows import ScheduleRunRow
from oa_api.schedules.schedule_runs import ScheduleRun
from oa_api.settings import Settings, site_url
from oa_shared.errors import OaError
from oa_shared.json_types import JsonObject
from oa_shared.public_http import AddressRefusedError, Guard, public_session

log = structlog.get_logger()
_TIMEOUT = aiohttp.ClientTimeout(total=30)


class ReportNotDeliveredError(OaError):
    """The digest cannot be sent to a recipient now."""

    code = "report.not_delivered"
    title = "The report could not be delivered."
    retryable = True


@dataclass(frozen=True, slots=True)
class Recipients:
    """Mail addresses, and the URL of a webhook."""

    mail: tuple[str, ...] = ()
    webhook: str = ""


def digest_period(schedule_run: ScheduleRunRow) -> DigestPeriod:
    """Return what the digest of a schedule run covers: changes until it started."""
    until = schedule_run.started_at or schedule_run.triggered_at
    return DigestPeriod(schedule_run.id, schedule_run.period, until)


class ReportTask:
    """Creates and sends the digest; a retry leaves out recipients that have it already."""

    def __init__(self, database: Database, settings: Settings, mailer: Mailer) -> None:
        self._database = database
        self._mailer = mailer
        self._recipients = Recipients(settings.report_mail_to, settings.report_webhook_url)
        self._site = site_url(settings)
        self._stale_days = settings.stale_after_days
        self._guard = Guard(settings.allowed_hosts)

    async def __call__(self, schedule_run: ScheduleRun) -> None:
        """Create and send the digest. Raises StoreError, ReportNotDeliveredError, LeaseLostError."""
        if "broke" not in schedule_run.detail:
            await self._database.run(partial(_assign_changes, schedule_run=schedule_run))
        detail = await schedule_runs.get_schedule_run(self._database, schedule_run.id)
        digest = await health_digest.read_digest(
            self._database, digest_period(detail.schedule_run), stale_days=self._stale_days
        )
        await self._record(schedule_run, {"broke": digest.counts.broke, "fixed": digest.counts.fixed})
        for address in self._recipients.mail:
            await self._send_once(schedule_run, f"mail to {address}", partial(self._mail, digest, address))
        if self._recipients.webhook:
            await self._send_once(schedule_run, "webhook", partial(self._post, digest))

    async def _send_once(self, schedule_run: ScheduleRun, recipient: str, send: Callable[[], Awaitable[bool]]) -> None:
        """Send to a recipient unless it is recorded as sent, and record it."""
        if not schedule_run.detail.get(recipient) and await send():
            await self._record(schedule_run, {recipient: "sent"})

    async def _mail(self, digest: HealthDigest, address: str) -> bool:
        """Send the mail; return False where no server is set, since a retry would not help."""
        text, html = health_digest.as_text(digest, self._site), health_digest.as_html(digest, self._site)
        is_sent = await self._mailer.send(address, subject=digest.subject, text=text, html=html)
        if not is_sent and self._mailer.has_server:
            raise ReportNotDeliveredError("the mail server rejects the mail")
        return is_sent

    async def _post(self, digest: HealthDigest) -> bool:
        """Send the digest to the webhook; return False for an address that is not public."""
        view = {"text": health_digest.as_text(digest, self._site), **health_digest.as_json(digest)}
        body = json.dumps(view, default=str).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "openaddresses-batch"}
        try:
            url = self._guard.check(URL(self._recipients.webhook))
            async with (
                public_session(self._guard, timeout=_TIMEOUT) as session,
                session.post(url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                if response.status >= HTTPStatus.MULTIPLE_CHOICES:
                    raise ReportNotDeliveredError(f"the webhook returned {response.status}")
        except AddressRefusedError as error:
            log.error("digest_not_sent", error=error.detail)  # noqa: TRY400 - the detail is enough
            return False
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ReportNotDeliveredError(f"the webhook cannot be reached: {type(error).__name__}") from error
        return True

    async def _record(self, schedule_run: ScheduleRun, detail: JsonObject) -> None:
        async def work(transaction: Transaction) -> None:
            await schedule_runs.renew(transaction, schedule_run)
            await schedule_runs.record(transaction, schedule_run, detail)

        await self._database.run(work)
        schedule_run.detail.update(detail)


async def _assign_changes(transaction: Transaction, schedule_run: ScheduleRun) -> None:
    await schedule_runs.renew(transaction, schedule_run)
    await health_digest.assign_changes(transaction, schedule_run.id)
