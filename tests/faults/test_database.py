"""Faults of the database without a kill: fail-over, unknown commits, a full disk, locks, slow reads."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest

from faults.proxy import Proxy, proxy_to
from oa_api.db.database import Database, Transaction
from oa_api.db.errors import StoreTimeoutError, StoreUnavailableError, StoreUnknownOutcomeError
from oa_local.postgres import Postgres
from oa_local.private_file import write_private
from oa_shared.time_limits import limit_waits
from support.running_api import INTERNAL, RunningApi, definition, running_api

# Requests are answered within five seconds: three times that on a busy machine, and less than statements sleep here.
_LIMIT_S = 15.0
_SLEEP = "SELECT pg_sleep(25)"
_INSERT_RUN = "INSERT INTO run (live) VALUES (true)"
_TABLE = "CREATE TABLE IF NOT EXISTS mark (number int PRIMARY KEY)"


def _through(url: str, proxy: Proxy) -> str:
    return url.replace(f":{urlsplit(url).port}/", f":{proxy.port}/")


def _as_user(url: str, user: str, password: str) -> str:
    """Return the URL with another user and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{user}:{password}@{parts.hostname}:{parts.port}").geturl()


def _share_password(primary: Postgres, replica: Postgres) -> None:
    """Give a server the password of another, as replication does."""
    password = urlsplit(primary.url()).password
    _execute(replica.url(), f"ALTER ROLE postgres PASSWORD '{password}'")
    write_private(replica.password_file, str(password))


def _execute(url: str, *statements: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


async def _wait_for_sessions(url: str, statement: str, count: int) -> None:
    """Wait until this number of sessions of a database have this statement as their latest."""
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = %(statement)s"
    async with _database(url, connections=1) as database, asyncio.timeout(60):
        while await database.first(sessions, {"statement": statement}, into=int) != count:  # noqa: ASYNC110 - the database has no event for it
            await asyncio.sleep(0.05)


@asynccontextmanager
async def _database(url: str, **options: int) -> AsyncIterator[Database]:
    database = await Database.open(url, **options)  # type: ignore[arg-type] # numbers of connections
    try:
        yield database
    finally:
        await database.close()


async def _time_request(api: RunningApi, path: str) -> tuple[int, float, str]:
    started = time.monotonic()
    response = await api.client.get(path, headers=INTERNAL)
    return response.status, time.monotonic() - started, response.headers.get("Retry-After", "")


@pytest.fixture
def former_primary(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path / "former", fsync_off=True)
    server.start()
    yield server
    server.stop()


async def test_fail_over_sessions_that_became_read_only_are_replaced(
    former_primary: Postgres, postgres: Postgres
) -> None:
    _share_password(postgres, former_primary)
    for server in (former_primary, postgres):
        _execute(server.url(), _TABLE, "TRUNCATE mark")
    async with (
        proxy_to(former_primary.port) as proxy,
        _database(_through(postgres.url(), proxy), connections=4) as pool,
    ):
        await asyncio.gather(*(pool.all("SELECT pg_sleep(0.05)") for _ in range(4)))
        await pool.execute("INSERT INTO mark VALUES (1)")
        _execute(former_primary.url(), "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
        await _wait_until_read_only(pool, 4)
        with pytest.raises(StoreUnavailableError):
            await pool.execute("INSERT INTO mark VALUES (2)")
        proxy.target = postgres.port
        started = time.monotonic()
        await pool.execute("INSERT INTO mark VALUES (3)")
        assert time.monotonic() - started < _LIMIT_S
        assert await pool.all("SELECT number FROM mark", into=int) == [3]
    _execute(postgres.url(), "DROP TABLE mark")


async def _wait_until_read_only(pool: Database, connections: int) -> None:
    """Wait until every session of the pool has read the new configuration of the server, which takes no new one."""
    statement = "SELECT current_setting('transaction_read_only') AS state FROM pg_sleep(0.05)"
    async with asyncio.timeout(60):
        while True:
            reads = (pool.first(statement, into=str) for _ in range(connections))
            states = await asyncio.gather(*reads, return_exceptions=True)
            if all(state == "on" or isinstance(state, StoreUnavailableError) for state in states):
                return


async def test_commit_whose_answer_is_cut_off_is_unknown_and_not_repeated(
    postgres: Postgres, database_url: str
) -> None:
    async with proxy_to(postgres.port) as proxy, _database(_through(database_url, proxy)) as pool:
        proxy.cuts_commits = True
        with pytest.raises(StoreUnknownOutcomeError):
            await pool.execute(_INSERT_RUN)
        proxy.cuts_commits = False
        assert proxy.cuts == 1
        assert await pool.all("SELECT count(*) AS runs FROM run", into=int) == [1]


async def test_request_whose_commit_is_unknown_is_repeated_with_its_key_and_done_once(
    postgres: Postgres, database_url: str
) -> None:
    async with proxy_to(postgres.port) as proxy, running_api(_through(database_url, proxy)) as api:
        headers = {**INTERNAL, "Idempotency-Key": "unknown-commit"}
        proxy.cuts_commits = True
        response = await api.client.post("/api/run", json={"live": True}, headers=headers)
        assert (response.status, response.headers["Retry-After"]) == (503, "5")
        assert (await response.json())["code"] == "store.unknown_outcome"
        proxy.cuts_commits = False
        response = await api.client.post("/api/run", json={"live": True}, headers=headers)
        assert response.status == 200
        assert await api.count("run") == 1


async def test_pool_exhausted_by_slow_reads_answers_503_in_time_and_recovers(database_url: str) -> None:
    async with running_api(database_url, connections=2) as api:
        slow = [asyncio.create_task(api.database.all(_SLEEP)) for _ in range(2)]
        await _wait_for_sessions(database_url, _SLEEP, 2)
        answers = await asyncio.gather(
            *(_time_request(api, "/api/job") for _ in range(10)), _time_request(api, "/ready")
        )
        live = await _time_request(api, "/live")
        assert {status for status, _, _ in answers} == {503}
        assert all(retry_after for _, _, retry_after in answers)
        ready_s, requests_s = answers[-1][1], [took_s for _, took_s, _ in answers[:-1]]
        assert live[0] == 200
        assert live[1] < ready_s < min(requests_s) <= max(requests_s) < _LIMIT_S
        for each in slow:
            each.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        assert (await _time_request(api, "/api/job"))[0] == 200


async def test_frozen_connection_answers_503_in_time_and_recovers(postgres: Postgres, database_url: str) -> None:
    async with proxy_to(postgres.port) as proxy, running_api(_through(database_url, proxy)) as api:
        assert (await _time_request(api, "/api/job"))[0] == 200
        proxy.freeze()
        took_s: dict[str, float] = {}
        for path in ("/", "/ready", "/api/job", "/jobs"):
            status, took_s[path], retry_after = await _time_request(api, path)
            assert status == 503, path
            assert retry_after or path == "/"
        assert max(took_s["/"], took_s["/ready"]) < min(took_s["/api/job"], took_s["/jobs"])
        assert max(took_s.values()) < _LIMIT_S
        response = await api.client.post("/api/run", json={"live": True}, headers=INTERNAL)
        assert response.status == 503
        proxy.thaw()
        assert (await _time_request(api, "/api/job"))[0] == 200


async def test_transaction_left_open_is_ended_by_the_server_and_writes_nothing(database_url: str) -> None:
    limits = {"idle_in_transaction_session_timeout": 200}
    database = await Database.open(database_url, connections=1, server_limits_ms=limits)

    async def leave_open(transaction: Transaction) -> None:
        await transaction.execute(_INSERT_RUN)
        await _wait_for_sessions(database_url, _INSERT_RUN, 0)
        await transaction.execute(_INSERT_RUN)

    with pytest.raises(StoreUnavailableError):
        await database.run(leave_open)
    assert await database.all("SELECT count(*) AS runs FROM run", into=int) == [0]
    await database.close()


async def test_every_connection_has_the_limits_of_the_server(database_url: str) -> None:
    async with _database(database_url) as database:
        for name, limit in (
            ("statement_timeout", "30s"),
            ("lock_timeout", "10s"),
            ("idle_in_transaction_session_timeout", "5min"),
            ("client_connection_check_interval", "2s"),
        ):
            assert await database.first(f"SHOW {name}", into=str) == limit


async def test_migration_that_locks_a_table_delays_requests_and_breaks_none(database_url: str) -> None:
    async with running_api(database_url) as api:
        job = (await api.job())["id"]
        migration = psycopg2.connect(database_url)
        with migration.cursor() as cursor:
            cursor.execute("ALTER TABLE job ADD COLUMN of_new_code text")
            answers = await asyncio.gather(*(_time_request(api, f"/api/job/{job}") for _ in range(3)))
            assert {status for status, _, _ in answers} == {503}
            assert max(took_s for _, took_s, _ in answers) < _LIMIT_S
            assert (await _time_request(api, "/live"))[0] == 200
        migration.commit()
        migration.close()
        assert (await _time_request(api, f"/api/job/{job}"))[0] == 200
        assert (await api.post_jobs(await api.run(), {"source": definition("b"), "source_name": "xx/b"}))[0] == 200
        _execute(database_url, "ALTER TABLE job DROP COLUMN of_new_code")


async def test_full_disk_of_the_database_is_503_and_passes(database_url: str) -> None:
    async with running_api(database_url) as api:
        _execute(
            database_url,
            "CREATE FUNCTION be_full() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$",
            "CREATE TRIGGER full_disk BEFORE INSERT ON run FOR EACH ROW EXECUTE FUNCTION be_full()",
        )
        response = await api.client.post("/api/run", json={"live": True}, headers=INTERNAL)
        assert (response.status, response.headers["Retry-After"]) == (503, "5")
        assert (await _time_request(api, "/api/job"))[0] == 200
        _execute(database_url, "DROP TRIGGER full_disk ON run", "DROP FUNCTION be_full")
        assert await api.run(live=True)


async def test_expired_password_is_503_and_a_new_one_is_used(former_primary: Postgres, tmp_path: Path) -> None:
    former_primary.create_owned("owned", owner="owner", password="first")
    url = _as_user(former_primary.url("owned"), "owner", "first")
    async with _database(url, connections=2) as database:
        assert await database.first("SELECT 1 AS one", into=int) == 1
        _execute(
            former_primary.url(),
            "ALTER ROLE owner PASSWORD 'second'",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'owner'",
        )
        with pytest.raises(StoreUnavailableError, match="password"):
            await database.first("SELECT 1 AS one", into=int)
        _execute(former_primary.url(), "ALTER ROLE owner PASSWORD 'first'")
        assert await database.first("SELECT 1 AS one", into=int) == 1


async def test_canceled_statement_ends_on_the_server_too(database_url: str) -> None:
    async with _database(database_url, connections=1) as database:
        with pytest.raises(StoreTimeoutError), limit_waits(0.2):
            await database.all("SELECT pg_sleep(20), 'left behind'")
        deadline = time.monotonic() + 15  # less than the statement sleeps
        query = "SELECT count(*) AS left FROM pg_stat_activity WHERE query LIKE '%%left behind%%' AND state = 'active'"
        while await database.first(query + " AND pid <> pg_backend_pid()", into=int):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)
