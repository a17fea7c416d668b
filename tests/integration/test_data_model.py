"""docs/data-model.md lists the tables, columns, keys and foreign keys of the migrated database."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from oa_tools.reference.schema import read_tables

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROOT = Path(__file__).parents[2]
_PAGE = (ROOT / "docs/data-model.md").read_text("utf-8")
_LEDGER = "migration"
_COLUMNS = """
SELECT relname AS table, attname AS column, format_type(atttypid, NULL) AS type
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
ORDER BY relname, attnum
"""
_KEYS = """
SELECT conrelid::regclass::text AS table, contype::text AS type, confrelid::regclass::text AS target,
       ARRAY(
           SELECT attname::text FROM unnest(conkey) key JOIN pg_attribute ON attrelid = conrelid AND attnum = key
       ) AS names
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f')
"""
_TYPES = {"timestamp with time zone": "timestamptz"}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def connection(postgres: object, migrated_template: str) -> AsyncIterator[asyncpg.Connection]:
    url = postgres.create("data_model", template=migrated_template)  # type: ignore[attr-defined]
    opened = await asyncpg.connect(url)
    yield opened
    await opened.close()
    postgres.drop("data_model")  # type: ignore[attr-defined]


async def test_columns_are_those_of_the_database(connection: asyncpg.Connection) -> None:
    migrated: dict[str, list[tuple[str, str]]] = {}
    for row in await connection.fetch(_COLUMNS):
        migrated.setdefault(row["table"], []).append((row["column"], _TYPES.get(row["type"], row["type"])))
    del migrated[_LEDGER]
    assert _documented_columns() == migrated


async def test_keys_are_those_of_the_database(connection: asyncpg.Connection) -> None:
    rows = [row for row in await connection.fetch(_KEYS) if row["table"] != _LEDGER]
    tables = read_tables().values()
    assert {(table.name, frozenset(table.primary_key)) for table in tables if table.primary_key} == {
        (row["table"], frozenset(row["names"])) for row in rows if row["type"] == "p"
    }
    assert {(table.name, frozenset(names)) for table in tables for names in table.unique} == {
        (row["table"], frozenset(row["names"])) for row in rows if row["type"] == "u"
    }
    assert {
        (table.name, item.name, item.references) for table in tables for item in table.columns if item.references
    } == {(row["table"], row["names"][0], row["target"]) for row in rows if row["type"] == "f"}


async def test_every_retention_rule_is_named(connection: asyncpg.Connection) -> None:
    rules = {row["name"] for row in await connection.fetch("SELECT name FROM retention_rule")}
    named = re.findall(
        r"`(\w+)`", "".join(line for line in _PAGE.splitlines() if re.match(r"- Kept: .*\brules?\b", line))
    )
    assert rules - set(named) == set()


async def test_retention_rules_are_those_of_maintenance(connection: asyncpg.Connection) -> None:
    rules = {
        row["name"]: row["keep_days"] for row in await connection.fetch("SELECT name, keep_days FROM retention_rule")
    }
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", (ROOT / "docs/maintenance.md").read_text("utf-8"), re.MULTILINE)
    assert {name: int(days) for name, days in rows} == rules


def _documented_columns() -> dict[str, list[tuple[str, str]]]:
    """Return the columns of each table, in the order of the page, with their types."""
    sections = re.findall(r"^### `(\w+)`\n.*?^- Columns: ([^\n;]*)", _PAGE, re.MULTILINE | re.DOTALL)
    return {name: re.findall(r"`(\w+)` ([\w]+(?:\[\])?)", columns) for name, columns in sections}
