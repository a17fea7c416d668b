"""What firing `report` sets going: the digest, told once by mail and once to a webhook."""

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
from oa_api.schedules import schedule_runs
from oa_api.schedules.schedule_runs import ScheduleRun
from oa_api.settings import Settings, site_url
from oa_shared.errors import OaError
from oa_shared.public_http import AddressRefusedError, Guard, public_session

log = structlog.get_logger()
_TIMEOUT = aiohttp.ClientTimeout(total=30)


class ReportNotTakenError(OaError):
    """Somebody who shall be told of the digest cannot be told now."""

    code = "report.not_taken"
    title = "The report could not be delivered."
    retryable = True


@dataclass(frozen=True, slots=True)
class Readers:
    """Who is told: addresses of mail, and of a webhook."""

    mail: tuple[str, ...] = ()
    webhook: str = ""


class ReportTask:
    """Makes and tells the digest; whoever was told already is not told again when a try fails half way."""

    def __init__(self, database: Database, settings: Settings, mailer: Mailer) -> None:
        self._database = database
        self._mailer = mailer
        self._readers = Readers(settings.report_mail_to, settings.report_webhook_url)
        self._site = site_url(settings)
        self._stale_days = settings.stale_after_days
        self._guard = Guard(settings.allowed_hosts)

    async def __call__(self, held: ScheduleRun) -> None:
        """Make the digest of what nobody was told of. Raises StoreError, ReportNotTakenError, LeaseLostError."""

        async def claim(transaction: Transaction) -> None:
            await schedule_runs.renew(transaction, held)
            await health_digest.claim(transaction, held.id)

        if "broke" not in held.detail:
            await self._database.run(claim)
        made = await health_digest.read(
            self._database, await schedule_runs.read(self._database, held.id), stale_days=self._stale_days
        )
        await self._note(held, {"broke": made.counts["broke"], "fixed": made.counts["fixed"]})
        for address in self._readers.mail:
            await self._once(held, f"mail to {address}", partial(self._mail, made, address))
        if self._readers.webhook:
            await self._once(held, "webhook", partial(self._post, made))

    async def _once(self, held: ScheduleRun, what: str, tell: Callable[[], Awaitable[bool]]) -> None:
        """Tell somebody unless that was done, and remember that it is done."""
        if not held.detail.get(what) and await tell():
            await self._note(held, {what: "told"})

    async def _mail(self, made: health_digest.Report, address: str) -> bool:
        """Send the mail; where no server is set there is nobody to try again."""
        text, html = health_digest.as_text(made, self._site), health_digest.as_html(made, self._site)
        is_sent = await self._mailer.send(address, subject=made.subject, text=text, html=html)
        if not is_sent and self._mailer.has_server:
            raise ReportNotTakenError("the mail server does not take it")
        return is_sent

    async def _post(self, made: health_digest.Report) -> bool:
        told = {"text": health_digest.as_text(made, self._site), **health_digest.as_json(made)}
        body = json.dumps(told, default=str).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "openaddresses-batch"}
        try:
            url = self._guard.check(URL(self._readers.webhook))
            async with (
                public_session(self._guard, timeout=_TIMEOUT) as session,
                session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
                    raise ReportNotTakenError(f"the webhook answered {answer.status}")
        except AddressRefusedError as error:
            log.error("report_not_told", error=error.detail)  # noqa: TRY400 - it says it all
            return False
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ReportNotTakenError(f"the webhook cannot be reached: {type(error).__name__}") from error
        return True

    async def _note(self, held: ScheduleRun, detail: dict[str, object]) -> None:
        async def work(transaction: Transaction) -> None:
            await schedule_runs.renew(transaction, held)
            await schedule_runs.record(transaction, held, detail)

        await self._database.run(work)
        held.detail.update(detail)
