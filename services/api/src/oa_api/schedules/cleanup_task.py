"""The scheduled cleanup: every enabled retention rule, in order."""

from collections.abc import Mapping

import structlog

from oa_api.db.database import Database, Transaction
from oa_api.retention import attempts, orphans, records
from oa_api.retention.rules import ATTEMPT_RULES, Rule, read_rules
from oa_api.retention.stats import DeletionStats
from oa_api.schedules import schedule_runs
from oa_api.schedules.schedule_runs import ScheduleRun
from oa_shared.storage import Storage

log = structlog.get_logger()


class CleanupTask:
    """The task of the schedule `cleanup`."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage

    async def __call__(self, schedule_run: ScheduleRun) -> None:
        """Finish the deletions of an earlier cleanup, then apply every enabled rule. Raises LeaseLostError."""
        rules = {name: rule for name, rule in (await read_rules(self._database)).items() if rule.enabled}
        total = await attempts.finish(self._database, self._storage)
        for name in ATTEMPT_RULES:
            if name in rules:
                await attempts.mark(self._database, rules[name])
                await self._add(schedule_run, total, await attempts.finish(self._database, self._storage))
        for name, stats in (await self._apply_other_rules(rules)).items():
            await self._add(schedule_run, total, {name: stats})

    async def _apply_other_rules(self, rules: Mapping[str, Rule]) -> dict[str, DeletionStats]:
        """Apply the rules that are not about files of attempts; return the deletions of each."""
        deleted: dict[str, DeletionStats] = {}
        if "uploads" in rules:
            deleted["uploads"] = await records.delete_uploads(
                self._database, self._storage, rules["uploads"], dry_run=False
            )
        if "events" in rules:
            deleted["events"] = await records.delete_events(self._database, rules["events"], dry_run=False)
        if "idempotency" in rules:
            deleted["idempotency"] = await records.delete_responses(self._database, rules["idempotency"], dry_run=False)
        if "trials" in rules:
            deleted["trials"] = await records.delete_trials(self._database, rules["trials"], dry_run=False)
        if "orphans" in rules:
            stats, _ = await orphans.delete_orphans(self._database, self._storage, rules["orphans"], dry_run=False)
            deleted["orphans"] = stats
        return deleted

    async def _add(
        self, schedule_run: ScheduleRun, total: dict[str, DeletionStats], deleted: Mapping[str, DeletionStats]
    ) -> None:
        """Add deletions to the total, and record it, so that the progress is visible."""
        for name, stats in deleted.items():
            total.setdefault(name, DeletionStats()).add(stats.count, stats.size_bytes)
            log.info("cleanup_done", rule=name, **stats.as_fields())
        removed = {name: stats.as_fields() for name, stats in total.items()}
        detail = {"removed": removed, "deletions": sum(stats.count for stats in total.values())}

        async def work(transaction: Transaction) -> None:
            await schedule_runs.renew(transaction, schedule_run)
            await schedule_runs.record(transaction, schedule_run, detail)

        await self._database.run(work)
