"""Forward-only migrations, applied in order under a lock, so that several services may start at once."""

from importlib.resources import files

import structlog

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries

log = structlog.get_logger()
_LOCK = 7_203_114
_WITHIN_S = 6 * 3600.0
_LEDGER = "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, applied_at timestamptz DEFAULT now())"


async def migrate(database: Database) -> list[str]:
    """Apply what has not been applied, all or nothing, and return the names."""
    return await database.run(_apply)


async def _apply(transaction: Transaction) -> list[str]:
    # Large tables are written anew: that takes what it takes, also for the others that wait for it.
    await transaction.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
    await transaction.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK}, within_s=_WITHIN_S)
    await transaction.execute(_LEDGER)
    done = {row["name"] for row in await transaction.all("SELECT name FROM migration")}
    applied = []
    for name, sql in _migrations():
        if name in done:
            continue
        await transaction.execute(sql, within_s=_WITHIN_S)
        await transaction.execute("INSERT INTO migration (name) VALUES (%(name)s)", {"name": name})
        log.info("migration_applied", name=name)
        applied.append(name)
    await transaction.execute(load_queries("db.migration")["forget_foreign_order"])
    return applied


def _migrations() -> list[tuple[str, str]]:
    folder = files("oa_api.db").joinpath("migrations")
    found = sorted((item.name, item) for item in folder.iterdir() if item.name.endswith(".sql"))
    return [(name, item.read_text(encoding="utf-8")) for name, item in found]
