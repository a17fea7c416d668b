"""The GitHub worker: processes events and refreshes checks, each at least once, by one process at a time."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

import structlog

from oa_api.background.heartbeat import GITHUB
from oa_api.background.loop import run_loop
from oa_api.db.database import Database, Transaction
from oa_api.github.errors import GitHubError, GitHubRefusedError, GitHubUnavailableError
from oa_api.metrics import GITHUB_EVENTS
from oa_api.pull_requests import checks, deliveries
from oa_api.pull_requests.check_watcher import CheckWatcher
from oa_api.pull_requests.event_actions import ActionPlanner
from oa_api.pull_requests.events import parse_task
from oa_api.pull_requests.rows import ClaimedCheck, GitHubDeliveryRow
from oa_shared.errors import OaError
from oa_shared.fault_points import fault_point

log = structlog.get_logger()
ALREADY_DONE = "already done"
_LEASE_S = 120
_WAKE_EVERY_S = 5.0
_DELAYS_S = (2.0, 10.0, 30.0, 120.0, 600.0)
# The delays before the last try add up to a day, if GitHub requires no longer pauses.
_MAX_TRIES_UNAVAILABLE = 150
_MAX_TRIES_REFUSED = 5
# A take that neither ends nor fails is one during which the process died: it would die of the next ones too.
MAX_UNFINISHED_TAKES = 5
_ENDED_EACH_TIME = f"the process ended {MAX_UNFINISHED_TAKES} times while it worked on this"
_DELETE_EVERY_S = 3600.0


@dataclass(frozen=True, slots=True)
class RetryDelays:
    """Seconds between two refreshes of a check, and before each retry of what failed at GitHub."""

    refresh_s: float = 5.0
    delays_s: tuple[float, ...] = _DELAYS_S

    def delay_after(self, tries: int, error: GitHubError) -> float | None:
        """Return the delay before the next try, or None after the last one: an outage ends sooner than a refusal."""
        is_outage = isinstance(error, GitHubUnavailableError)
        if tries >= (_MAX_TRIES_UNAVAILABLE if is_outage else _MAX_TRIES_REFUSED):
            return None
        return max(self.delays_s[min(tries, len(self.delays_s)) - 1], error.pause_s)


class GitHubWorker:
    """Processes one event and one check at a time; several processes share the work."""

    def __init__(
        self, database: Database, planner: ActionPlanner, watcher: CheckWatcher, delays: RetryDelays | None = None
    ) -> None:
        self._database = database
        self._planner = planner
        self._watcher = watcher
        self._delays = delays or RetryDelays()
        self._woken_at = self._deleted_at = 0.0

    async def run_once(self) -> bool:
        """Process the next due event and check; return whether there was one."""
        structlog.contextvars.clear_contextvars()
        has_delivery = await self._process_delivery()
        structlog.contextvars.clear_contextvars()
        has_check = await self._refresh_check()
        await self._housekeeping()
        return has_delivery or has_check

    async def _housekeeping(self) -> None:
        now = time.monotonic()
        if now - self._woken_at > _WAKE_EVERY_S:
            await checks.wake_settled_checks(self._database)
            self._woken_at = now
        if now - self._deleted_at > _DELETE_EVERY_S:
            await deliveries.delete_old_deliveries(self._database)
            self._deleted_at = now

    async def _process_delivery(self) -> bool:
        delivery = await self.claim_delivery()
        if delivery is None:
            return False
        with structlog.contextvars.bound_contextvars(delivery=delivery.id, github_event=delivery.event):
            if delivery.unfinished_takes > MAX_UNFINISHED_TAKES:
                await self._abandon_delivery(delivery, _ENDED_EACH_TIME)
                return True
            try:
                outcome = await self.act_on(delivery)
            except GitHubError as error:
                await self._retry_delivery(delivery, error)
            except Exception as error:
                if _is_outage(error):
                    await self._return_delivery(delivery)
                    raise
                log.exception("github_worker_failed")
                await self._retry_delivery(delivery, _as_refusal(error))
            else:
                GITHUB_EVENTS.labels("done").inc()
                log.info("github_event_done", outcome=outcome)
        return True

    async def claim_delivery(self) -> GitHubDeliveryRow | None:
        """Claim the next event that is due."""
        return await self._database.run(lambda transaction: deliveries.claim_delivery(transaction, lease_s=_LEASE_S))

    async def act_on(self, delivery: GitHubDeliveryRow) -> str:
        """Prepare the action; execute it and end the delivery in one transaction. A second process does nothing."""
        async with deliveries.keep_delivery(self._database, delivery.id, lease_s=_LEASE_S):
            action = await self._planner.prepare(parse_task(delivery.task))

        async def work(transaction: Transaction) -> str:
            if not await deliveries.lock_delivery(transaction, delivery.id):
                return ALREADY_DONE
            outcome = await action(transaction)
            await deliveries.end_delivery(transaction, delivery.id, state="done", reason=outcome)
            fault_point("github.before_commit")
            return outcome

        return await self._database.run(work)

    async def _retry_delivery(self, delivery: GitHubDeliveryRow, error: GitHubError) -> None:
        """Make the delivery due later, or abandon it after the last try."""
        delay_s = self._delays.delay_after(delivery.tries, error)
        if delay_s is None:
            await self._abandon_delivery(delivery, error.detail)
            return
        log.warning("github_event_retrying", error=error.detail, delay_s=delay_s, tries=delivery.tries)
        await deliveries.back_off(self._database, delivery.id, delay_s=delay_s, reason=error.detail)

    async def _abandon_delivery(self, delivery: GitHubDeliveryRow, reason: str) -> None:
        GITHUB_EVENTS.labels("abandoned").inc()
        log.error("github_event_abandoned", error=reason, tries=delivery.tries)
        with suppress(GitHubError):
            await self._planner.report_abandoned(parse_task(delivery.task), reason)
        await deliveries.end_delivery(self._database, delivery.id, state="abandoned", reason=reason)

    async def _return_delivery(self, delivery: GitHubDeliveryRow) -> None:
        """Note that a take has ended with the outage of a dependency, if the database is not that dependency."""
        with suppress(OaError):
            await deliveries.back_off(self._database, delivery.id, delay_s=_LEASE_S, reason="a dependency is down")

    async def _refresh_check(self) -> bool:
        check = await self._database.run(lambda transaction: checks.claim_check(transaction, lease_s=_LEASE_S))
        if check is None:
            return False
        with structlog.contextvars.bound_contextvars(pull=check.pull, head_sha=check.head_sha, check=check.id):
            if check.unfinished_takes > MAX_UNFINISHED_TAKES:
                await self._abandon_check(check)
                return True
            try:
                is_new = await self._watcher.refresh(check, delay_s=self._delays.refresh_s)
            except GitHubError as error:
                await self._retry_check(check, error)
            except Exception as error:
                if _is_outage(error):
                    with suppress(OaError):
                        await checks.back_off(self._database, check, delay_s=_LEASE_S)
                    raise
                log.exception("github_worker_failed")
                await self._retry_check(check, _as_refusal(error))
            else:
                if is_new:
                    log.info("github_check_published")
        return True

    async def _retry_check(self, check: ClaimedCheck, error: GitHubError) -> None:
        """Make the check due later, or abandon it after the last try."""
        delay_s = self._delays.delay_after(check.tries, error)
        if delay_s is None:
            log.error("github_check_abandoned", error=error.detail, tries=check.tries)
            await checks.abandon(self._database, check)
            return
        log.warning("github_check_retrying", error=error.detail, delay_s=delay_s)
        await checks.back_off(self._database, check, delay_s=delay_s)

    async def _abandon_check(self, check: ClaimedCheck) -> None:
        log.error("github_check_abandoned", error=_ENDED_EACH_TIME, tries=check.tries)
        try:
            await self._watcher.show_abandoned(check)
        except GitHubError as error:
            log.warning("github_publish_refused", error=error.detail)
            await checks.abandon(self._database, check)


def _is_outage(error: Exception) -> bool:
    """Return whether a dependency is down: the loop of the worker waits until it is back."""
    return isinstance(error, OaError) and error.retryable


def _as_refusal(error: Exception) -> GitHubError:
    """Return a bug as a refusal, so that one event cannot block the others."""
    return GitHubRefusedError(f"internal error {type(error).__name__}; see the log")


async def run_github(worker: GitHubWorker, stop: asyncio.Event, *, every_s: float = 1.0) -> None:
    """Process events and checks until `stop` is set."""
    await run_loop(GITHUB, worker.run_once, stop, every_s=every_s)
