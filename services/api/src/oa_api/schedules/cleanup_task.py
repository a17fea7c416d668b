"""The scheduled cleanup: every enabled retention rule, in order."""

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
    """What firing `cleanup` sets going."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage

    async def __call__(self, held: ScheduleRun) -> None:
        """Finish what was marked before, then apply every rule that is on."""
        rules = {name: rule for name, rule in (await read_rules(self._database)).items() if rule.enabled}
        removed = await attempts.finish(self._database, self._storage)
        for name in ATTEMPT_RULES:
            if name in rules:
                await attempts.mark(self._database, rules[name])
                await self._add(held, removed, await attempts.finish(self._database, self._storage))
        for name, tally in (await self._others(rules)).items():
            await self._add(held, removed, {name: tally})

    async def _others(self, rules: dict[str, Rule]) -> dict[str, DeletionStats]:
        done: dict[str, DeletionStats] = {}
        if "uploads" in rules:
            done["uploads"] = await records.delete_uploads(
                self._database, self._storage, rules["uploads"], dry_run=False
            )
        if "events" in rules:
            done["events"] = await records.delete_events(self._database, rules["events"], dry_run=False)
        if "idempotency" in rules:
            done["idempotency"] = await records.delete_responses(self._database, rules["idempotency"], dry_run=False)
        if "orphans" in rules:
            found = await orphans.delete_orphans(self._database, self._storage, rules["orphans"], dry_run=False)
            done["orphans"] = found[0]
        return done

    async def _add(self, held: ScheduleRun, removed: dict[str, DeletionStats], more: dict[str, DeletionStats]) -> None:
        """Add up, and write what was done until now where it is seen while the work goes on."""
        for name, tally in more.items():
            removed.setdefault(name, DeletionStats()).add(tally.count, tally.size_bytes)
            log.info("cleanup_done", rule=name, **tally.as_fields())
        told = {name: tally.as_fields() for name, tally in removed.items()}
        things = sum(tally.count for tally in removed.values())

        async def work(transaction: Transaction) -> None:
            await schedule_runs.renew(transaction, held)
            await schedule_runs.record(transaction, held, {"removed": told, "things": things})

        await self._database.run(work)
