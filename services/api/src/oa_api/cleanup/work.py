"""One cleanup: every rule that is on, in order; or a look at what it would do."""

from typing import Any

import structlog

from oa_api.cleanup import attempts, orphans, rows
from oa_api.cleanup.attempts import Tally
from oa_api.cleanup.rules import ATTEMPT_RULES, Rule, read_rules
from oa_api.schedules import fires
from oa_api.schedules.fires import Fire
from oa_api.store.database import Database, Transaction
from oa_shared.storage import Storage

log = structlog.get_logger()
# A look must answer within a request; the cleanup itself looks at everything.
_LOOKED_OBJECTS = 20_000


class CleanupWork:
    """What firing `cleanup` sets going."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage

    async def __call__(self, held: Fire) -> None:
        """Finish what was marked before, then apply every rule that is on."""
        rules = {name: rule for name, rule in (await read_rules(self._database)).items() if rule.is_on}
        removed = await attempts.finish(self._database, self._storage)
        for name in ATTEMPT_RULES:
            if name in rules:
                await attempts.mark(self._database, rules[name])
                await self._add(held, removed, await attempts.finish(self._database, self._storage))
        for name, tally in (await self._others(rules)).items():
            await self._add(held, removed, {name: tally})

    async def _others(self, rules: dict[str, Rule]) -> dict[str, Tally]:
        done: dict[str, Tally] = {}
        if "uploads" in rules:
            done["uploads"] = await rows.uploads(self._database, self._storage, rules["uploads"], dry_run=False)
        if "events" in rules:
            done["events"] = await rows.events(self._database, rules["events"], dry_run=False)
        if "idempotency" in rules:
            done["idempotency"] = await rows.answers(self._database, rules["idempotency"], dry_run=False)
        if "orphans" in rules:
            found = await orphans.orphans(self._database, self._storage, rules["orphans"], dry_run=False)
            done["orphans"] = found[0]
        return done

    async def _add(self, held: Fire, removed: dict[str, Tally], more: dict[str, Tally]) -> None:
        """Add up, and write what was done until now where it is seen while the work goes on."""
        for name, tally in more.items():
            removed.setdefault(name, Tally()).add(tally.count, tally.size_bytes)
            log.info("cleanup_done", rule=name, **tally.shown())
        told = {name: tally.shown() for name, tally in removed.items()}
        things = sum(tally.count for tally in removed.values())

        async def work(transaction: Transaction) -> None:
            await fires.hold(transaction, held)
            await fires.note(transaction, held, {"removed": told, "things": things})

        await self._database.run(work)


async def look(database: Database, storage: Storage) -> dict[str, Any]:
    """Return what a cleanup would remove now, by rule; nothing is changed."""
    rules = await read_rules(database)
    found: dict[str, Tally] = {}
    for name in ATTEMPT_RULES:
        if rules[name].is_on:
            found[name] = await attempts.look(database, rules[name])
    if rules["uploads"].is_on:
        found["uploads"] = await rows.uploads(database, storage, rules["uploads"], dry_run=True)
    if rules["events"].is_on:
        found["events"] = await rows.events(database, rules["events"], dry_run=True)
    if rules["idempotency"].is_on:
        found["idempotency"] = await rows.answers(database, rules["idempotency"], dry_run=True)
    is_complete = True
    if rules["orphans"].is_on:
        most = _LOOKED_OBJECTS
        found["orphans"], is_complete = await orphans.orphans(
            database, storage, rules["orphans"], dry_run=True, most=most
        )
    return {"removed": {name: tally.shown() for name, tally in found.items()}, "is_complete": is_complete}
