"""The tables of the migrations of `oa_api`, read from their SQL, and the rooms that write each table."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import oa_api

_ROOM_ROOT = Path(oa_api.__file__).parent
_MIGRATIONS = _ROOM_ROOT / "db" / "migrations"
_FUNCTION = re.compile(r"\$\$.*?\$\$", re.DOTALL)
_TABLE = re.compile(r"((?:^--[^\n]*\n)*)^CREATE TABLE (\w+) \(\n(.*?)^\);", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^-- ([A-Z][\w ]+) -{3,}$", re.MULTILINE)
_ALTER = re.compile(r"^ALTER TABLE (\w+)\s+(.*?);", re.MULTILINE | re.DOTALL)
_COLUMN = re.compile(
    r"(\w+) ((?:timestamptz|bigint|integer|smallint|text|jsonb|boolean|bytea|box|interval|xid8|date)(?:\[\])?)"
)
_REFERENCE = re.compile(r"\bREFERENCES (\w+)")
_WRITE = re.compile(r"\b(?:INSERT INTO|DELETE FROM|(?<!FOR )UPDATE(?! OF)(?: ONLY)?) (\w+)")


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `references` is the table of its foreign key, if it has one."""

    name: str
    type: str
    references: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the comment of its migration as `purpose`; `primary_key` names columns."""

    name: str
    section: str
    purpose: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...] = field(default=())


def read_tables() -> dict[str, Table]:
    """Return the tables as all migrations leave them, in the order of their creation."""
    tables: dict[str, Table] = {}
    for path in sorted(_MIGRATIONS.glob("*.sql")):
        sql = path.read_text("utf-8")
        tables |= {table.name: table for table in _parse_tables(sql)}
        for name, actions in _ALTER.findall(_FUNCTION.sub("", sql)):
            tables[name] = _alter_table(tables[name], actions)
    return tables


def read_writers() -> dict[str, list[str]]:
    """Return for each table the rooms with a statement that writes it; `triggers` stands for those of the schema."""
    writers: dict[str, set[str]] = {}
    for path in sorted(_ROOM_ROOT.rglob("*.sql")):
        room = path.relative_to(_ROOM_ROOT).parts[0]
        sql = re.sub(r"--[^\n]*", "", path.read_text("utf-8"))
        is_migration = _MIGRATIONS in path.parents
        for name in _WRITE.findall("\n".join(_FUNCTION.findall(sql)) if is_migration else sql):
            writers.setdefault(name, set()).add("triggers" if is_migration else room)
    return {name: sorted(rooms) for name, rooms in writers.items()}


def _parse_tables(sql: str) -> Iterator[Table]:
    headings = [(match.start(), match[1]) for match in _HEADING.finditer(sql)]
    for match in _TABLE.finditer(sql):
        section = [name for start, name in headings if start < match.start()][-1:] or ["Other"]
        lines = match[3].split("\n    ")
        columns = tuple(column for line in lines if (column := _column(line)) is not None)
        yield Table(
            match[2], section[0], _comment(match[1]), columns, _primary_key(match[3], columns), _unique(match[3])
        )


def _comment(lines: str) -> str:
    return " ".join(line.removeprefix("--").strip() for line in lines.splitlines())


def _column(line: str) -> Column | None:
    match = _COLUMN.match(line.strip())
    if match is None:
        return None
    reference = _REFERENCE.search(line)
    return Column(match[1], match[2], reference[1] if reference else None)


def _primary_key(body: str, columns: tuple[Column, ...]) -> tuple[str, ...]:
    of_table = re.search(r"^\s+PRIMARY KEY \(([^)]*)\)", body, re.MULTILINE)
    if of_table:
        return tuple(of_table[1].split(", "))
    own = [column.name for column in columns if re.search(rf"\b{column.name} [^\n]*PRIMARY KEY", body)]
    return tuple(own)


def _unique(body: str) -> tuple[tuple[str, ...], ...]:
    of_table = [tuple(names.split(", ")) for names in re.findall(r"^\s+UNIQUE \(([^)]*)\)", body, re.MULTILINE)]
    own = [(name,) for name in re.findall(r"^\s+(\w+) [^\n]*\bUNIQUE\b(?! \()", body, re.MULTILINE)]
    return tuple(own + of_table)


def _alter_table(table: Table, actions: str) -> Table:
    columns = list(table.columns)
    for action in re.split(r",\s*(?=(?:ADD|DROP|RENAME|ALTER)\b)", actions):
        added = re.match(r"ADD COLUMN (?:IF NOT EXISTS )?(.*)", action, re.DOTALL)
        dropped = re.match(r"DROP COLUMN (?:IF EXISTS )?(\w+)", action)
        renamed = re.match(r"RENAME COLUMN (\w+) TO (\w+)", action)
        if added and (column := _column(added[1])):
            columns.append(column)
        elif dropped:
            columns = [column for column in columns if column.name != dropped[1]]
        elif renamed:
            columns = [replace(item, name=renamed[2]) if item.name == renamed[1] else item for item in columns]
    return replace(table, columns=tuple(columns))
