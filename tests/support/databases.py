"""Databases for tests, reused after their rows are deleted: copying the template takes 30 times as long."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import psycopg2
from psycopg2 import sql

from oa_local.postgres import Postgres

_END_CONNECTIONS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY c.relname
"""
# Each statement that changes the schema rewrites a row of one of these catalogs, with a new xmin.
_SCHEMA = """
    WITH known AS (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
        SELECT concat('class', oid, ':', xmin) AS line FROM pg_class WHERE oid IN (SELECT oid FROM known)
        UNION ALL
        SELECT concat('column', attrelid, '.', attnum, ':', xmin) FROM pg_attribute
        WHERE attrelid IN (SELECT oid FROM known)
        UNION ALL SELECT concat('default', oid, ':', xmin) FROM pg_attrdef
        UNION ALL SELECT concat('constraint', oid, ':', xmin) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT concat('trigger', oid, ':', xmin) FROM pg_trigger
        UNION ALL SELECT concat('function', oid, ':', xmin) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT concat('schema', oid, ':', xmin) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
        UNION ALL SELECT concat('setting', setconfig) FROM pg_db_role_setting
        UNION ALL SELECT concat('object', oid) FROM pg_largeobject_metadata
    ) lines
"""
_RESTART_SEQUENCES = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL
"""


@dataclass(frozen=True)
class Snapshot:
    """A migrated database: a digest of its schema, digests of the tables with rows, and the empty tables."""

    schema: str
    seeded: dict[str, str]
    empty: tuple[str, ...]

    @classmethod
    def take(cls, database_url: str) -> Self:
        """Return the snapshot of a database right after its migrations."""
        with _cursor(database_url) as cursor:
            tables = [name for (name,) in _rows(cursor, _TABLES)]
            seeded = {name: _digest(cursor, name) for name in _list_filled(cursor, tables)}
            ((schema,),) = _rows(cursor, _SCHEMA)
        return cls(schema, seeded, tuple(name for name in tables if name not in seeded))

    def restore(self, database_url: str, *, end_connections: bool = False) -> bool:
        """Delete all rows written since; return False, and delete nothing, if the schema or a seeded row changed."""
        with _cursor(database_url) as cursor:
            if end_connections:
                cursor.execute(_END_CONNECTIONS)
            if _rows(cursor, _SCHEMA) != [(self.schema,)]:
                return False
            if any(_digest(cursor, name) != digest for name, digest in self.seeded.items()):
                return False
            filled = _list_filled(cursor, self.empty)
            # Without triggers, and so without foreign keys: all tables that refer to a row are emptied as well.
            cursor.execute("SET session_replication_role = replica")
            for name in filled:
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
            cursor.execute(_RESTART_SEQUENCES)
            if filled:
                names = sql.SQL(", ").join(map(sql.Identifier, filled))
                cursor.execute(sql.SQL("VACUUM (SKIP_LOCKED, INDEX_CLEANUP ON) {}").format(names))
        return True


@dataclass
class Databases:
    """Lends migrated databases without other rows. For one thread."""

    server: Postgres
    template: str
    idle: list[str] = field(default_factory=list)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)

    def lend(self) -> str:
        """Return the name of a migrated database without other rows."""
        if self.idle:
            return self.idle.pop()
        name = f"test_{uuid.uuid4().hex[:12]}"
        url = self.server.create(name, template=self.template)
        self.snapshots[name] = Snapshot.take(url)
        return name

    def take_back(self, name: str) -> None:
        """Empty a database for the next test, or drop it if it cannot be restored."""
        snapshot = self.snapshots[name]
        try:
            is_restored = snapshot.restore(self.server.url(name), end_connections=True)
        except psycopg2.OperationalError:
            is_restored = False
        if is_restored:
            self.idle.append(name)
        else:
            del self.snapshots[name]
            self.server.drop(name)


@contextmanager
def _cursor(database_url: str) -> Iterator[Any]:
    with closing(psycopg2.connect(database_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def _rows(cursor: Any, statement: str) -> list[tuple[Any, ...]]:
    cursor.execute(statement)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _list_filled(cursor: Any, tables: Sequence[str]) -> list[str]:
    """Return the tables that have rows."""
    one = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    cursor.execute(sql.SQL(" UNION ALL ").join(one.format(sql.Literal(t), sql.Identifier(t)) for t in tables))
    return [name for (name,) in cursor.fetchall()]


def _digest(cursor: Any, table: str) -> str:
    """Return a digest of all rows of a table."""
    statement = sql.SQL("SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {} t").format(sql.Identifier(table))
    cursor.execute(statement)
    ((digest,),) = cursor.fetchall()
    return str(digest)
