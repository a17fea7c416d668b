"""What was published before there was a history is in it afterwards, whatever its definition holds."""

import json
from collections.abc import AsyncIterator

import pytest

from oa_api.db import migration
from oa_api.db.database import Database
from oa_local.postgres import Postgres

BEFORE = "0011"
LICENSE = {"text": "CC0", "attribution": False}
RESULT = {"count": 5, "bounds": [-1, -2, 3, 4], "outputs": {"validated.geojson.gz": {"key": "k"}}}


@pytest.fixture
async def old_database(postgres: Postgres) -> AsyncIterator[Database]:
    """Give a database as it was before the migration."""
    database = await Database.open(postgres.create("old_publications"))
    await database.execute(migration._LEDGER)
    for name, sql in migration._migrations():
        if name < BEFORE:
            await database.execute(sql)
            await database.execute("INSERT INTO migration (name) VALUES (%(name)s)", {"name": name})
    yield database
    await database.close()
    postgres.drop("old_publications")


async def publish(database: Database, source: str, definition: str, result: object) -> None:
    values = {"source": source, "definition": definition, "result": json.dumps(result)}
    await database.execute("INSERT INTO source (sha256, definition) VALUES (%(source)s, %(definition)s)", values)
    await database.execute(
        """INSERT INTO job (run_id, source_name, source_sha256, layer, name, tier, token)
        VALUES (1, %(source)s, %(source)s, 'addresses', 'city', 'small', 't')""",
        values,
    )
    await database.execute(
        """INSERT INTO data (source_name, layer, name, job_id, attempt, result)
        SELECT source_name, layer, name, id, 2, %(result)s FROM job WHERE source_name = %(source)s""",
        values,
    )


async def test_migration_fills_history_licence_and_area(old_database: Database) -> None:
    await old_database.execute("""INSERT INTO run (live, github) VALUES (true, '{"sha": "0a1b"}')""")
    entry = {"name": "city", "license": LICENSE}
    await publish(old_database, "good", json.dumps({"layers": {"addresses": [{"name": "a"}, entry]}}), RESULT)
    await publish(old_database, "huge", '{"layers": {"addresses": [{"name": "city", "year": 1e999999}]}}', None)
    await publish(old_database, "far", "{}", {"bounds": [1e9, 0, 2e9, 1]})
    await migration.migrate(old_database)
    rows = await old_database.all(
        """SELECT data.source_name, data.license, data.is_validated, data.area IS NOT NULL AS lies,
                  publication.job_id = data.job_id AND publication.attempt = 2 AS is_same, publication.github,
                  publication.published_at = data.updated_at AS is_then
        FROM data JOIN publication ON publication.data_id = data.id ORDER BY data.id"""
    )
    assert [row["license"] for row in rows] == [LICENSE, None, None]
    assert [(row["is_validated"], row["lies"]) for row in rows] == [(True, True), (False, False), (False, False)]
    assert all(row["is_same"] and row["is_then"] and row["github"] == {"sha": "0a1b"} for row in rows)
