"""What a cleanup would delete now."""

from dataclasses import dataclass

from oa_api.db.database import Database
from oa_api.retention import attempts, orphans, records
from oa_api.retention.rules import ATTEMPT_RULES, read_rules
from oa_api.retention.stats import DeletionStats
from oa_shared.storage import Storage

# A preview must end within a request; cleanup itself lists every object.
_MAX_LISTED_OBJECTS = 20_000


@dataclass(frozen=True, slots=True)
class CleanupPreview:
    """What cleanup would delete, by rule; `is_complete` is false if listing the store for orphans stopped early."""

    removed: dict[str, DeletionStats]
    is_complete: bool


async def preview(database: Database, storage: Storage) -> CleanupPreview:
    """Return what every enabled rule would delete. Nothing is changed."""
    rules = {name: rule for name, rule in (await read_rules(database)).items() if rule.enabled}
    stats = {name: await attempts.preview(database, rules[name]) for name in ATTEMPT_RULES if name in rules}
    is_complete = True
    if "uploads" in rules:
        stats["uploads"] = await records.delete_uploads(database, storage, rules["uploads"], dry_run=True)
    if "events" in rules:
        stats["events"] = await records.delete_events(database, rules["events"], dry_run=True)
    if "idempotency" in rules:
        stats["idempotency"] = await records.delete_responses(database, rules["idempotency"], dry_run=True)
    if "trials" in rules:
        stats["trials"] = await records.delete_trials(database, rules["trials"], dry_run=True)
    if "orphans" in rules:
        stats["orphans"], is_complete = await orphans.delete_orphans(
            database, storage, rules["orphans"], dry_run=True, max_objects=_MAX_LISTED_OBJECTS
        )
    return CleanupPreview(stats, is_complete)
