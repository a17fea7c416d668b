"""One cleanup: every rule that is on, in order; or a look at what it would do."""

from typing import Any

import structlog

from oa_api.db.database import Database
from oa_api.retention import attempts, orphans, records
from oa_api.retention.attempts import DeletionStats
from oa_api.retention.rules import ATTEMPT_RULES, read_rules
from oa_shared.storage import Storage

log = structlog.get_logger()
# A look must answer within a request; the cleanup itself looks at everything.
_LOOKED_OBJECTS = 20_000


async def preview(database: Database, storage: Storage) -> dict[str, Any]:
    """Return what a cleanup would remove now, by rule; nothing is changed."""
    rules = await read_rules(database)
    found: dict[str, DeletionStats] = {}
    for name in ATTEMPT_RULES:
        if rules[name].enabled:
            found[name] = await attempts.preview(database, rules[name])
    if rules["uploads"].enabled:
        found["uploads"] = await records.uploads(database, storage, rules["uploads"], dry_run=True)
    if rules["events"].enabled:
        found["events"] = await records.events(database, rules["events"], dry_run=True)
    if rules["idempotency"].enabled:
        found["idempotency"] = await records.answers(database, rules["idempotency"], dry_run=True)
    is_complete = True
    if rules["orphans"].enabled:
        most = _LOOKED_OBJECTS
        found["orphans"], is_complete = await orphans.orphans(
            database, storage, rules["orphans"], dry_run=True, most=most
        )
    return {"removed": {name: tally.shown() for name, tally in found.items()}, "is_complete": is_complete}
