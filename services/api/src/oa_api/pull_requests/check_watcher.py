"""Watching a check until GitHub shows its final report."""

import hashlib
import json
from dataclasses import asdict

from oa_api.db.database import Database
from oa_api.pull_requests.check_publisher import CheckPublisher
from oa_api.pull_requests.checks import CheckPublication, abandon, read_state, record_publication
from oa_api.pull_requests.excerpts import Excerpts, read_excerpts
from oa_api.pull_requests.report import Report, abandonment_report, build_report
from oa_api.pull_requests.rows import ClaimedCheck
from oa_api.pull_requests.runs import CONCURRENT_JOBS, SAMPLE_TIMEOUT_S, Pace, start_full_jobs
from oa_shared.storage import Storage

# GitHub limits writes, so the next refresh after a write comes later.
_DELAY_FACTOR_AFTER_WRITE = 3


class CheckWatcher:
    """Refreshes checks: starts full jobs that are due, and publishes a report that has changed."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        publisher: CheckPublisher,
        *,
        public_url: str,
        sample_timeout_s: float = SAMPLE_TIMEOUT_S,
        concurrent_jobs: int = CONCURRENT_JOBS,
    ) -> None:
        self._database = database
        self._storage = storage
        self._publisher = publisher
        self._public_url = public_url
        self._pace = Pace(sample_timeout_s, concurrent_jobs)

    async def refresh(self, claimed: ClaimedCheck, *, delay_s: float) -> bool:
        """Start due full jobs, publish the report if it has changed, and return whether it has. Raises GitHubError.

        The check is due again after `delay_s` seconds, three times as many after a write, never after its final report.
        """
        await self._database.run(lambda transaction: start_full_jobs(transaction, claimed.id, self._pace))
        check, state = await read_state(self._database, claimed)
        # The digest leaves excerpts out: reading files for each refresh would cost more than the report itself.
        plain = build_report(state, public_url=self._public_url, excerpts=Excerpts())
        digest = _digest(plain)
        is_new = digest != check.shown
        if is_new:
            excerpts = await read_excerpts(state, self._storage)
            report = build_report(state, public_url=self._public_url, excerpts=excerpts)
            await self._publisher.publish(check, report)
            delay_s *= _DELAY_FACTOR_AFTER_WRITE
        publication = CheckPublication(digest, is_settled=plain.is_final)
        await record_publication(self._database, check, publication, delay_s=delay_s)
        return is_new

    async def show_abandoned(self, check: ClaimedCheck) -> None:
        """Show on GitHub that a check is abandoned, and settle it. Raises GitHubError."""
        await self._publisher.publish(check, abandonment_report())
        await abandon(self._database, check)


def _digest(report: Report) -> str:
    return hashlib.sha256(json.dumps(asdict(report)).encode()).hexdigest()
