"""The database access layer against a real Postgres: transactions, lost connections, timeouts, cancellation."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiopg
import aiopg.pool
import pytest

from oa_api.db import migration
from oa_api.db.database import Database, Transaction
from oa_api.db.errors import (
    MigrationError,
    StoreConflictError,
    StoreError,
    StoreTimeoutError,
    StoreUnavailableError,
    StoreUnknownOutcomeError,
)
from oa_api.db.migration import migrate
from oa_local.postgres import Postgres

KILL_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
KILL_MYSELF = "SELECT pg_terminate_backend(pg_backend_pid())"
INSERT_RUN = "INSERT INTO run (live) VALUES (true)"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url, connections=4)
    yield opened
    await opened.close()


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path / "own", fsync_off=True)
    server.start()
    yield server
    server.stop()


async def runs(database: Database) -> int:
    row = await database.first("SELECT count(*) AS runs FROM run")
    return int(row["runs"]) if row else 0


async def fill_pool(database: Database) -> None:
    """Open every connection of the pool and return it."""
    await asyncio.gather(*(database.all("SELECT pg_sleep(0.05)") for _ in range(4)))


async def test_connection_that_ends_before_it_is_handed_out_is_replaced(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends a connection in the moment in which the pool has opened it."""
    connect, opened = aiopg.pool.connect, list[aiopg.Connection]()

    async def connect_and_end_the_first(*args: Any, **options: Any) -> aiopg.Connection:
        connection = await connect(*args, **options)
        opened.append(connection)
        if len(opened) == 1:
            await connection.close()
        return connection

    monkeypatch.setattr(aiopg.pool, "connect", connect_and_end_the_first)
    database = await Database.open(database_url, connections=4, connects_at_once=False)
    assert await runs(database) == 0
    assert len(opened) == 2
    await database.close()


async def test_transaction_that_raises_writes_nothing(database: Database) -> None:
    async def insert_and_fail(transaction: Transaction) -> None:
        await transaction.execute(INSERT_RUN)
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        await database.run(insert_and_fail)
    assert await runs(database) == 0


@pytest.mark.parametrize(
    "use",
    [
        lambda database: database.first("SELECT 1 AS one"),
        lambda database: database.all("SELECT 1 AS one"),
        lambda database: database.execute(INSERT_RUN),
    ],
    ids=["first", "all", "execute"],
)
async def test_database_with_a_pool_of_dead_connections_still_works(
    database: Database, database_url: str, use: Callable[[Database], object]
) -> None:
    await fill_pool(database)
    killer = await Database.open(database_url, connections=1)
    await killer.all(KILL_OTHERS)
    await asyncio.gather(*(use(database) for _ in range(8)))  # type: ignore[arg-type] # all of them are awaitable
    await killer.close()


async def test_run_connection_lost_before_commit_is_retried_and_commits_once(database: Database) -> None:
    tries = 0

    async def work(transaction: Transaction) -> None:
        nonlocal tries
        tries += 1
        await transaction.execute(INSERT_RUN)
        if tries == 1:
            await transaction.execute(KILL_MYSELF)

    await database.run(work)
    assert tries == 2
    assert await runs(database) == 1


async def test_run_connection_lost_each_time_raises(database: Database) -> None:
    with pytest.raises(StoreUnavailableError):
        await database.execute(KILL_MYSELF)
    assert await runs(database) == 0


async def test_run_connection_lost_during_commit_is_not_retried(database: Database) -> None:
    tries = 0
    await database.execute(
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
    )
    await database.execute(
        "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON run DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION die()"
    )

    async def work(transaction: Transaction) -> None:
        nonlocal tries
        tries += 1
        await transaction.execute(INSERT_RUN)

    with pytest.raises(StoreUnknownOutcomeError):
        await database.run(work)
    assert tries == 1


async def test_run_conflict_is_retried(database: Database) -> None:
    tries = 0

    async def work(transaction: Transaction) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            await transaction.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")
        return tries

    assert await database.run(work) == 2


async def test_run_permanent_conflict_is_raised(database: Database) -> None:
    with pytest.raises(StoreConflictError):
        await database.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$")


async def test_run_two_deadlocked_transactions_both_succeed(database: Database) -> None:
    await database.execute("INSERT INTO run (live) VALUES (true), (true)")
    both_started = asyncio.Barrier(2)
    started: set[int] = set()

    def work(first: int, second: int) -> Callable[[Transaction], object]:
        async def lock_both(transaction: Transaction) -> None:
            await transaction.execute("UPDATE run SET live = false WHERE id = %(id)s", {"id": first})
            if first not in started:
                started.add(first)
                await both_started.wait()
            await transaction.execute("UPDATE run SET live = false WHERE id = %(id)s", {"id": second})

        return lock_both

    await asyncio.gather(database.run(work(1, 2)), database.run(work(2, 1)))  # type: ignore[arg-type] # coroutines
    assert await database.all("SELECT id FROM run WHERE live") == []


async def test_execute_wrong_statement_keeps_the_cause(database: Database) -> None:
    with pytest.raises(StoreError) as caught:
        await database.execute("SELECT nothing")
    assert type(caught.value) is StoreError
    assert caught.value.__cause__ is not None


async def test_statement_beyond_the_server_limit_is_a_timeout_and_keeps_the_connection(database_url: str) -> None:
    database = await Database.open(database_url, connections=1, server_limits_ms={"statement_timeout": 100})
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    before = await database.first("SELECT pg_backend_pid() AS pid")
    with pytest.raises(StoreTimeoutError):
        await database.all("SELECT pg_sleep(5)")
    with pytest.raises(StoreTimeoutError):
        await database.execute("SELECT pg_sleep(5)")
    assert await database.first("SELECT pg_backend_pid() AS pid") == before
    await database.close()


async def test_lock_waited_for_too_long_is_a_conflict(database: Database, database_url: str) -> None:
    hasty = await Database.open(database_url, connections=1, server_limits_ms={"lock_timeout": 20})
    await database.execute(INSERT_RUN)
    async with database.transaction() as transaction:
        await transaction.execute("UPDATE run SET live = false")
        with pytest.raises(StoreConflictError):
            await hasty.execute("UPDATE run SET live = true")
    await hasty.close()


async def test_canceled_work_is_rolled_back_and_its_connection_replaced(database_url: str) -> None:
    database = await Database.open(database_url, connections=1)

    async def work(transaction: Transaction) -> None:
        await transaction.execute(INSERT_RUN)
        await transaction.execute("SELECT pg_sleep(30)")

    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await database.run(work)
    assert await runs(database) == 0
    await database.close()


async def test_work_canceled_between_statements_is_rolled_back(database_url: str) -> None:
    database = await Database.open(database_url, connections=1)

    async def work(transaction: Transaction) -> None:
        await transaction.execute(INSERT_RUN)
        await asyncio.sleep(30)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await database.run(work)
    assert await runs(database) == 0
    await database.close()


async def test_postgres_restarted_under_the_pool_works_again(own_postgres: Postgres) -> None:
    database = await Database.open(own_postgres.url(), connections=4)
    await fill_pool(database)
    own_postgres.stop()
    with pytest.raises(StoreUnavailableError):
        await database.first("SELECT 1 AS one")
    with pytest.raises(StoreUnavailableError):
        await database.execute("SELECT 1")
    own_postgres.start()
    assert await asyncio.gather(*(database.first("SELECT 1 AS one") for _ in range(8))) == [{"one": 1}] * 8
    await database.close()


async def test_open_without_server_is_unavailable() -> None:
    with pytest.raises(StoreUnavailableError):
        await Database.open("postgresql://nobody@127.0.0.1:1/none")


async def test_migrate_twice_concurrently_applies_each_once(empty_database_url: str) -> None:
    first, second = await Database.open(empty_database_url), await Database.open(empty_database_url)
    applied = await asyncio.gather(migrate(first), migrate(second))
    assert sorted(map(bool, applied)) == [False, True]
    await first.close()
    await second.close()


async def test_migrate_changed_file_is_refused(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = [("0001_create_table.sql", "CREATE TABLE job_event (xid xid8)")]
    monkeypatch.setattr(migration, "_migrations", lambda: first)
    database = await Database.open(empty_database_url)
    try:
        assert await migration.migrate(database) == ["0001_create_table.sql"]
        changed = [
            ("0001_create_table.sql", "CREATE TABLE job_event (xid xid8, id bigint)"),
            ("0002_fail.sql", "SELECT 1"),
        ]
        monkeypatch.setattr(migration, "_migrations", lambda: changed)
        with pytest.raises(MigrationError, match=r"^0001_create_table\.sql has changed .* put the change into a new"):
            await migration.migrate(database)
        rows = await database.all("SELECT name, sha256 FROM migration")
    finally:
        await database.close()
    assert rows == [{"name": "0001_create_table.sql", "sha256": sha256(first[0][1].encode()).hexdigest()}]


async def test_migrate_ledger_without_checksums_is_refused(empty_database_url: str) -> None:
    database = await Database.open(empty_database_url)
    try:
        await database.execute("CREATE TABLE migration (name text PRIMARY KEY)")
        await database.execute("INSERT INTO migration (name) VALUES ('0001_runs_and_jobs.sql')")
        with pytest.raises(MigrationError, match="create a new database"):
            await migrate(database)
    finally:
        await database.close()


async def test_migration_may_take_longer_than_a_statement(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = [("0001_slow.sql", "CREATE TABLE job_event (xid xid8); SELECT pg_sleep(0.5)")]
    monkeypatch.setattr(migration, "_migrations", lambda: slow)
    database = await Database.open(empty_database_url, connections=1, server_limits_ms={"statement_timeout": 100})
    try:
        assert await migration.migrate(database) == ["0001_slow.sql"]
    finally:
        await database.close()
