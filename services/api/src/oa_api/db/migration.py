"""Forward-only migrations, applied in order under a lock, so that several services may start at once."""

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

import structlog

from oa_api.db.database import Database, Transaction
from oa_api.db.errors import MigrationError, StoreUnavailableError
from oa_api.db.query_files import load_queries
from oa_api.db.service_role import ServiceRole, update_service_role

log = structlog.get_logger()
_LOCK = 7_203_114
_TIMEOUT_S = 6 * 3600.0
_LEDGER = """
CREATE TABLE IF NOT EXISTS migration (
    name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
)
"""
_SQL = load_queries("db.migration")
_RECORD = "INSERT INTO migration (name, sha256) VALUES (%(name)s, %(sha256)s)"


@dataclass(frozen=True, slots=True)
class AppliedMigration:
    """A row of the ledger; a database from before the baseline has no `sha256`."""

    name: str
    sha256: str | None


async def migrate(database: Database, service: ServiceRole | None = None) -> list[str]:
    """Apply the pending migrations, all or none, and return their names; give the role of the services its rights.

    Raises MigrationError if the file of an applied migration has changed, or if the role of the services owns tables.
    """

    async def work(transaction: Transaction) -> list[str]:
        applied = await _apply(transaction)
        if service is not None:
            await update_service_role(transaction, service)
        return applied

    return await database.run(work)


async def ensure_migrated(database: Database) -> None:
    """Migrate the database; as a role that may not, check that it is migrated.

    Raises StoreUnavailableError while another process still has to migrate it.
    """
    if await database.first(_SQL["may_migrate"], into=bool):
        await migrate(database)
        return
    is_readable = await database.first(_SQL["may_read_ledger"], into=bool)
    recorded = await database.all(_SQL["applied_names"], into=str) if is_readable else []
    pending = [name for name, _ in _migrations() if name not in recorded]
    if pending:
        raise StoreUnavailableError(f"{pending[0]} is not applied yet, and this user may not: run `oa-api migrate`")
    await database.execute(_SQL["reset_foreign_order"])


async def _apply(transaction: Transaction) -> list[str]:
    # A migration may rewrite a large table, and other services wait for it: neither has a time limit here.
    await transaction.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
    await transaction.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK}, timeout_s=_TIMEOUT_S)
    await transaction.execute(_LEDGER)
    recorded = {row.name: row.sha256 for row in await transaction.all(_SQL["applied"], into=AppliedMigration)}
    if None in recorded.values():
        raise MigrationError("this database is older than the first baseline of the schema: create a new database")
    applied = []
    for name, sql in _migrations():
        digest = sha256(sql.encode()).hexdigest()
        if name in recorded:
            _check_unchanged(name, digest, recorded[name])
            continue
        await transaction.execute(sql, timeout_s=_TIMEOUT_S)
        await transaction.execute(_RECORD, {"name": name, "sha256": digest})
        log.info("migration_applied", name=name)
        applied.append(name)
    await transaction.execute(_SQL["reset_foreign_order"])
    return applied


def _check_unchanged(name: str, digest: str, recorded: str | None) -> None:
    if digest != recorded:
        raise MigrationError(
            f"{name} has changed since this database applied it (SHA-256 {digest}, recorded {recorded}): "
            "restore the file and put the change into a new migration"
        )


def _migrations() -> list[tuple[str, str]]:
    folder = files("oa_api.db").joinpath("migrations")
    migrations = sorted((item.name, item) for item in folder.iterdir() if item.name.endswith(".sql"))
    return [(name, item.read_text(encoding="utf-8")) for name, item in migrations]
