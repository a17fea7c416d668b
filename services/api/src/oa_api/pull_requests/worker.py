"""The duty towards GitHub: events are dealt with and checks followed, at least once, by one process at a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog

from oa_api.background.heartbeat import GITHUB, record_heartbeat
from oa_api.background.loop import run_loop
from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.github.errors import GitHubError, GitHubRefusedError, GitHubUnavailableError
from oa_api.metrics import GITHUB_EVENTS
from oa_api.pull_requests.check_watcher import CheckWatcher
from oa_api.pull_requests.event_actions import ActionPlanner
from oa_shared.errors import OaError
from oa_shared.fault_points import fault_point

log = structlog.get_logger()
_SQL = load_queries("pull_requests.queries")
_LEASE_S = 120
_BEAT_S = 5.0
_DELAYS_S = (2.0, 10.0, 30.0, 120.0, 600.0)
# The pauses before the last of them are a day together, where GitHub wants none that are longer.
_AWAY_TRIES = 150
_REFUSED_TRIES = 5
_FORGET_EVERY_S = 3600.0


@dataclass(frozen=True, slots=True)
class RetryDelays:
    """Seconds between two looks at a check, and before the next tries of what failed for want of GitHub."""

    look_s: float = 5.0
    delays_s: tuple[float, ...] = _DELAYS_S


class GitHubWorker:
    """One delivery and one check at a time; several processes share the work."""

    def __init__(
        self, database: Database, deeds: ActionPlanner, following: CheckWatcher, pauses: RetryDelays | None = None
    ) -> None:
        self._database = database
        self._deeds = deeds
        self._following = following
        self._pauses = pauses or RetryDelays()
        self._beaten = self._forgot = 0.0

    async def once(self) -> bool:
        """Deal with what is due and return whether there was anything to do."""
        structlog.contextvars.clear_contextvars()
        dealt = await self._deal_with_one()
        structlog.contextvars.clear_contextvars()
        looked = await self._look_at_one()
        await self._keep_house()
        return dealt or looked

    async def _keep_house(self) -> None:
        now = time.monotonic()
        if now - self._beaten > _BEAT_S:
            await record_heartbeat(self._database, GITHUB)
            await self._database.execute(_SQL["wake_checks"])
            self._beaten = now
        if now - self._forgot > _FORGET_EVERY_S:
            await self._database.execute(_SQL["delete_old_deliveries"])
            self._forgot = now

    async def _deal_with_one(self) -> bool:
        row = await self._taken("claim_delivery")
        if row is None:
            return False
        with structlog.contextvars.bound_contextvars(delivery=row["id"], github_event=row["event"]):
            try:
                reason = await self._do(row)
            except GitHubError as error:
                await self._put_off_delivery(row, error)
            except Exception as error:
                _raise_outage(error)
                log.exception("github_work_failed")
                await self._put_off_delivery(row, _fault(error))
            else:
                GITHUB_EVENTS.labels("done").inc()
                log.info("github_event_done", outcome=reason)
        return True

    async def _do(self, row: Row) -> str:
        """Prepare the deed, then do it and end the delivery in one transaction: whoever comes second does nothing."""
        deed = await self._deeds.prepare(row["task"])

        async def work(transaction: Transaction) -> str:
            if await transaction.first(_SQL["lock_delivery"], row) is None:
                return "it was done already"
            reason = await deed(transaction)
            await transaction.execute(_SQL["end_delivery"], {"id": row["id"], "state": "done", "reason": reason})
            fault_point("github.before_commit")
            return reason

        return await self._database.run(work)

    async def _put_off_delivery(self, row: Row, error: GitHubError) -> None:
        delay_s = self._delay(row, error)
        if delay_s is None:
            GITHUB_EVENTS.labels("abandoned").inc()
            log.error("github_event_given_up", error=error.detail, tries=row["tries"])
            ended = {"id": row["id"], "state": "abandoned", "reason": error.detail[:1000]}
            await self._database.execute(_SQL["end_delivery"], ended)
            return
        log.warning("github_event_waits", error=error.detail, delay_s=delay_s, tries=row["tries"])
        values = {"id": row["id"], "delay_s": delay_s, "reason": error.detail[:1000]}
        await self._database.execute(_SQL["back_off_delivery"], values)

    async def _look_at_one(self) -> bool:
        check = await self._taken("claim_check")
        if check is None:
            return False
        about = {"pull": check["pull"], "head_sha": check["head_sha"], "check": check["id"]}
        with structlog.contextvars.bound_contextvars(**about):
            try:
                is_new = await self._following.look(check, again_s=self._pauses.look_s)
            except GitHubError as error:
                await self._put_off_check(check, error)
            except Exception as error:
                _raise_outage(error)
                log.exception("github_work_failed")
                await self._put_off_check(check, _fault(error))
            else:
                if is_new:
                    log.info("github_check_shown")
        return True

    async def _put_off_check(self, check: Row, error: GitHubError) -> None:
        delay_s = self._delay(check, error)
        if delay_s is None:
            log.error("github_check_given_up", error=error.detail, tries=check["tries"])
            values = {"check": check["id"], "round": check["round"], "state": check["state"]}
            await self._database.execute(_SQL["abandon_check"], values)
            return
        log.warning("github_check_waits", error=error.detail, delay_s=delay_s)
        await self._database.execute(_SQL["back_off_check"], {"check": check["id"], "delay_s": delay_s})

    def _delay(self, row: Row, error: GitHubError) -> float | None:
        """Return after how many seconds to try again, None to give up: a refusal seldom changes, an outage does."""
        is_away = isinstance(error, GitHubUnavailableError)
        if row["tries"] >= (_AWAY_TRIES if is_away else _REFUSED_TRIES):
            return None
        delays_s = self._pauses.delays_s
        delay_s: float = delays_s[min(row["tries"], len(delays_s)) - 1]
        return max(delay_s, error.pause_s)

    async def _taken(self, name: str) -> Row | None:
        """Take one row for some minutes: when this process dies meanwhile another takes it again."""

        async def work(transaction: Transaction) -> Row | None:
            return await transaction.first(_SQL[name], {"lease_s": _LEASE_S})

        return await self._database.run(work)


def _raise_outage(error: Exception) -> None:
    """Leave a neighbour that is away to whoever waits it out."""
    if isinstance(error, OaError) and error.retryable:
        raise error


def _fault(error: Exception) -> GitHubError:
    """Return what a fault of ours counts as: a refusal, so that one event cannot keep the others waiting for ever."""
    return GitHubRefusedError(f"a fault of ours, {type(error).__name__}; see the log")


async def run_github(duty: GitHubWorker, stop: asyncio.Event, *, every_s: float = 1.0) -> None:
    """Work until `stop` is set."""
    work: Callable[[], Awaitable[Any]] = duty.once
    await run_loop(GITHUB, work, stop, every_s=every_s)
