"""The database user of the services: what it may do, how migrations make it, and that it may do no more."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg2
import pytest

from oa_api.db import migration
from oa_api.db.database import Database
from oa_api.db.errors import MigrationError, StoreError, StoreUnavailableError
from oa_api.db.migration import ensure_migrated, migrate
from oa_api.db.service_role import ServiceRole, scram_verifier
from oa_local.postgres import Postgres
from support.running_api import as_service

_ROWS = {"SELECT", "INSERT", "UPDATE", "DELETE"}
_EVERYTHING = _ROWS | {"TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"}
_PRIVILEGES = """
    SELECT table_name AS name, array_agg(privilege ORDER BY privilege) AS privileges
    FROM (
        SELECT relname AS table_name, oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    ) t, unnest(%(privileges)s::text[]) AS privilege
    WHERE has_table_privilege(t.oid, privilege) GROUP BY table_name
"""
# Statements of a program that got hold of the password.
_BEYOND = {
    "change the audit log": "UPDATE audit SET actor = 'eve'",
    "delete from the audit log": "DELETE FROM audit",
    "empty the audit log": "TRUNCATE audit",
    "disable its trigger": "ALTER TABLE audit DISABLE TRIGGER audit_is_append_only",
    "drop its trigger": "DROP TRIGGER audit_is_append_only ON audit",
    "skip triggers": "SET session_replication_role = replica",
    "replace the function of the trigger": "CREATE OR REPLACE FUNCTION refuse_change_of_audit() RETURNS trigger "
    "LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "forge the ledger": "INSERT INTO migration (name, sha256) VALUES ('0099_nothing.sql', '')",
    "create a table": "CREATE TABLE hidden (text text)",
    "create a schema": "CREATE SCHEMA hidden",
    "change a table": "ALTER TABLE job ADD COLUMN hidden text",
    "drop a table": "DROP TABLE job_event",
    "empty a table": "TRUNCATE job",
    "turn back a sequence": "SELECT setval('job_id_seq', 1)",
    "create a user": "CREATE ROLE eve LOGIN SUPERUSER",
    "become the owner": "SET ROLE postgres",
    "run a program": "COPY (SELECT 1) TO PROGRAM 'true'",
    "read files": "SELECT pg_read_file('/etc/passwd')",
    "read the passwords": "SELECT rolpassword FROM pg_authid",
}


@asynccontextmanager
async def _open(url: str) -> AsyncIterator[Database]:
    database = await Database.open(url, connections=1)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Database]:
    async with _open(as_service(database_url)) as database:
        yield database


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[Database]:
    async with _open(database_url) as database:
        yield database


@pytest.fixture
def rds(tmp_path: Path) -> Iterator[tuple[Postgres, str]]:
    """Return a server, and a database whose master is no superuser but may create roles, like that of RDS."""
    server = Postgres(tmp_path / "rds", fsync_off=True)
    try:
        server.start()
        server.create_owned("openaddresses", owner="master", password="of-master")
        yield server, f"postgresql://master:of-master@127.0.0.1:{server.port}/openaddresses"
    finally:
        server.stop()


async def test_service_reads_and_writes_rows_and_nothing_else(service: Database) -> None:
    rows = await service.all(_PRIVILEGES, {"privileges": sorted(_EVERYTHING)})
    granted = {row["name"]: set(row["privileges"]) for row in rows}
    assert granted.pop("audit") == {"SELECT", "INSERT"}
    assert granted.pop("migration") == {"SELECT"}
    assert len(granted) > 30
    assert {name: rights for name, rights in granted.items() if rights != _ROWS} == {}


@pytest.mark.parametrize("statement", _BEYOND.values(), ids=_BEYOND)
async def test_service_may_not(service: Database, statement: str) -> None:
    with pytest.raises(StoreError, match=r"permission denied|must be owner"):
        await service.execute(statement)


async def test_migrate_as_a_master_that_is_no_superuser_makes_the_service(rds: tuple[Postgres, str]) -> None:
    _, url = rds
    async with _open(url) as master:
        assert await migrate(master, ServiceRole("oa_service", "first"))
    async with _open(url.replace("master:of-master", "oa_service:first")) as service:
        await ensure_migrated(service)
        assert await service.execute("INSERT INTO run (live) VALUES (true)") == 1
        attributes = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
        query = f"SELECT {attributes} AS is_more FROM pg_roles WHERE rolname = current_user"  # noqa: S608
        assert await service.first(query, into=bool) is False
        # A database of the test template has no rights of its own, so only this one refuses temporary tables.
        with pytest.raises(StoreError, match="permission denied to create temporary tables"):
            await service.execute("CREATE TEMPORARY TABLE hidden (text text)")


async def test_migrate_again_changes_the_password_and_keeps_the_rights(rds: tuple[Postgres, str]) -> None:
    _, url = rds
    async with _open(url) as master:
        for password in ("first", "first", "second"):
            await migrate(master, ServiceRole("oa_service", password))
        with pytest.raises(StoreUnavailableError, match="password authentication failed"):
            await Database.open(url.replace("master:of-master", "oa_service:first"), connections=1)
        async with _open(url.replace("master:of-master", "oa_service:second")) as service:
            assert await service.execute("INSERT INTO run (live) VALUES (true)") == 1
            await master.execute("GRANT TRUNCATE ON run TO oa_service")
            await migrate(master, ServiceRole("oa_service", "second"))
            with pytest.raises(StoreError, match="permission denied"):
                await service.execute("TRUNCATE run CASCADE")


async def test_two_processes_migrate_at_once_with_the_service(rds: tuple[Postgres, str]) -> None:
    _, url = rds
    async with _open(url) as first, _open(url) as second:
        role = ServiceRole("oa_service", "first")
        applied = await asyncio.gather(migrate(first, role), migrate(second, role))
    assert sorted(map(bool, applied)) == [False, True]


async def test_service_gets_rights_on_the_table_of_a_later_migration(
    rds: tuple[Postgres, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, url = rds
    role, real = ServiceRole("oa_service", "first"), migration._migrations()
    async with _open(url) as master:
        await migrate(master, role)
        async with _open(url.replace("master:of-master", "oa_service:first")) as service:
            later = ("9999_add_later.sql", "CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY, text text)")
            monkeypatch.setattr(migration, "_migrations", lambda: [*real, later])
            with pytest.raises(StoreUnavailableError, match=r"9999_add_later.sql is not applied yet.*oa-api migrate"):
                await ensure_migrated(service)
            await migrate(master, role)
            await ensure_migrated(service)
            assert await service.execute("INSERT INTO later (text) VALUES ('x')") == 1


async def test_service_of_a_database_without_migrations_waits(rds: tuple[Postgres, str]) -> None:
    server, url = rds
    server.create("fresh")
    async with _open(url) as master:
        await migrate(master, ServiceRole("oa_service", "first"))
    fresh = url.replace("master:of-master", "oa_service:first").replace("/openaddresses", "/fresh")
    async with _open(fresh) as service:
        with pytest.raises(StoreUnavailableError, match=r"0001_create_schema\.sql is not applied yet"):
            await ensure_migrated(service)


@pytest.mark.parametrize(
    ("user", "before"),
    [
        ("postgres", ""),
        ("master", ""),
        ("powerful", "CREATE ROLE powerful LOGIN CREATEROLE"),
        ("member", "CREATE ROLE member LOGIN IN ROLE pg_write_all_data"),
    ],
)
async def test_user_with_other_rights_is_refused_as_the_service(
    rds: tuple[Postgres, str], user: str, before: str
) -> None:
    server, url = rds
    if before:
        connection = psycopg2.connect(server.url())
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(before)
        connection.close()
    async with _open(url) as master:
        await migrate(master)
        with pytest.raises(MigrationError, match=f"'{user}' is a superuser, may create roles"):
            await migrate(master, ServiceRole(user, "first"))


@pytest.mark.parametrize("password", ["", "pässword"])
async def test_password_that_cannot_be_hashed_is_refused(owner: Database, password: str) -> None:
    with pytest.raises(MigrationError, match="OA_SERVICE_PASSWORD"):
        await migrate(owner, ServiceRole("oa_other", password))


def test_verifier_does_not_contain_the_password() -> None:
    verifier = scram_verifier("of-the-service", b"0" * 16)
    assert verifier.startswith("SCRAM-SHA-256$4096:MDAwMDAwMDAwMDAwMDAwMA==$")
    assert "of-the-service" not in verifier
    assert scram_verifier("of-the-service", b"1" * 16) != verifier
