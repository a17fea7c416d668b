"""The door to Postgres, against a real one."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from oa_api.store.database import Database, Transaction
from oa_api.store.errors import StoreConflictError, StoreError, StoreUnavailableError
from oa_api.store.migration import migrate


async def _insert_and_fail(transaction: Transaction) -> None:
    await transaction.execute("INSERT INTO run (live) VALUES (true)")
    raise ValueError("on purpose")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


async def test_transaction_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(ValueError, match="on purpose"):
        await database.run(_insert_and_fail)
    assert await database.first("SELECT count(*) AS runs FROM run") == {"runs": 0}


async def test_database_after_its_connections_were_killed_connects_again(database: Database) -> None:
    await database.all("SELECT 1")
    with pytest.raises(StoreUnavailableError):
        await database.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert await database.first("SELECT 1 AS one") == {"one": 1}


async def test_run_lost_conflict_is_tried_again(database: Database) -> None:
    tries = 0

    async def work(transaction: Transaction) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            await transaction.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")
        return tries

    assert await database.run(work) == 2


async def test_run_conflict_for_ever_is_raised(database: Database) -> None:
    with pytest.raises(StoreConflictError):
        await database.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$")


async def test_execute_wrong_statement_keeps_the_cause(database: Database) -> None:
    with pytest.raises(StoreError) as caught:
        await database.execute("SELECT nothing")
    assert caught.value.__cause__ is not None


async def test_open_nobody_there_says_so() -> None:
    with pytest.raises(StoreUnavailableError):
        await Database.open("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")


async def test_migrate_two_at_once_applies_each_once(empty_database_url: str) -> None:
    first, second = await Database.open(empty_database_url), await Database.open(empty_database_url)
    applied = await asyncio.gather(migrate(first), migrate(second))
    assert sorted(map(bool, applied)) == [False, True]
    await first.close()
    await second.close()
