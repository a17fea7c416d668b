"""The names of migrations and of queries."""

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
