"""The names of migrations and of queries, and what migrations must not do."""

import re
from pathlib import Path

import pytest

import oa_api

ROOT = Path(oa_api.__file__).parent
MIGRATIONS = sorted((ROOT / "db" / "migrations").iterdir())
QUERY_FILES = sorted(path for path in ROOT.rglob("*.sql") if path.parent.name != "migrations")


def test_migrations_have_unique_consecutive_numbers() -> None:
    names = [path.name for path in MIGRATIONS]
    assert names
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.name)
def test_migration_name_is_number_verb_noun(path: Path) -> None:
    assert re.fullmatch(r"\d{4}_(add|create|drop|move|rename|set)(_[a-z0-9]+)+\.sql", path.name)


@pytest.mark.parametrize("path", QUERY_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_queries_of_a_file_have_unique_names(path: Path) -> None:
    names = re.findall(r"^-- name: (\w+)$", path.read_text("utf-8"), re.MULTILINE)
    assert names
    assert len(names) == len(set(names))


# A deployment migrates while processes of the version before still run, and a roll-back starts it again.
_BREAKS_OLD_CODE = {
    "drops or renames what old code reads": r"\bDROP\s+(TABLE|COLUMN|VIEW|FUNCTION)\b|\bRENAME\b",
    "refuses rows that old code writes": r"\bSET\s+NOT\s+NULL\b|ADD\s+COLUMN(?![^,;]*\bDEFAULT\b)[^,;]*\bNOT\s+NULL\b",
    "changes a type that old code reads": r"ALTER\s+COLUMN\s+\w+\s+(SET\s+DATA\s+)?TYPE\b",
    "deletes rows": r"\bTRUNCATE\b",
}


def _breaches(sql: str) -> list[str]:
    if re.search(r"^-- old-code-ok: \w", sql, re.MULTILINE):
        return []  # with the release since which no code uses it
    statements = re.sub(r"--[^\n]*", "", sql)
    return [name for name, pattern in _BREAKS_OLD_CODE.items() if re.search(pattern, statements, re.IGNORECASE)]


@pytest.mark.parametrize("path", MIGRATIONS[1:], ids=lambda path: path.name)
def test_migrations_keep_old_code_running(path: Path) -> None:
    assert _breaches(path.read_text("utf-8")) == []


def test_migration_that_breaks_old_code_is_found() -> None:
    for sql in (
        "ALTER TABLE job DROP COLUMN name",
        "ALTER TABLE job RENAME COLUMN name TO entry",
        "ALTER TABLE job ADD COLUMN size int NOT NULL",
        "ALTER TABLE job ALTER COLUMN size SET NOT NULL",
        "ALTER TABLE job ALTER COLUMN size TYPE bigint",
        "TRUNCATE inbox",
    ):
        assert len(_breaches(sql)) == 1, sql
    assert _breaches("ALTER TABLE job ADD COLUMN size int NOT NULL DEFAULT 0, ADD COLUMN of text; -- DROP TABLE") == []
