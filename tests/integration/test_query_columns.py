"""Every query whose rows become objects returns exactly the columns of their class, in its types.

The queries are found where they are run: calls of `all` and `first` with `_SQL["name"]` and `into=`. Postgres describes
each, so nothing is executed.
"""

import ast
import dataclasses
import importlib
import re
import types
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Union, get_args, get_origin, get_type_hints

import asyncpg
import pytest
import pytest_asyncio

import oa_api
from oa_api.db.query_files import load_queries

_ROOT = Path(oa_api.__file__).parent
_SCALARS = {
    "int2": int,
    "int4": int,
    "int8": int,
    "float4": float,
    "float8": float,
    "numeric": Decimal,
    "text": str,
    "varchar": str,
    "bpchar": str,
    "bool": bool,
    "bytea": memoryview,
    "timestamptz": datetime,
    "interval": timedelta,
}
_JSON = frozenset({"json", "jsonb"})


@dataclasses.dataclass(frozen=True)
class Use:
    """Queries that are run, by their topic and a name pattern, and the class of their rows."""

    place: str
    topic: str
    name: str
    into: type


def _uses() -> Iterator[Use]:
    for path in sorted(_ROOT.rglob("*.py")):
        if path == _ROOT / "db" / "counting.py":  # runs the statements of its callers
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        topics = dict(_topics(tree))
        for call in ast.walk(tree):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr in ("all", "first")
            ):
                yield from _use(path, call, topics)
            elif isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "count_rows":
                if isinstance(call.args[1], ast.Subscript) and isinstance(call.args[1].slice, ast.Name):
                    continue  # the name of the query is a value
                yield from _uses_of(path, call, call.args[1], topics, int)


def _topics(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            target, value = statement.targets[0], statement.value
            pairs = zip(target.elts, value.elts) if isinstance(target, ast.Tuple) else [(target, value)]  # type: ignore[attr-defined] # noqa: B905
            for name, loaded in pairs:
                if (
                    isinstance(loaded, ast.Call)
                    and isinstance(loaded.func, ast.Name)
                    and loaded.func.id == "load_queries"
                ):
                    yield name.id, ast.literal_eval(loaded.args[0])


def _use(path: Path, call: ast.Call, topics: dict[str, str]) -> Iterator[Use]:
    into = next((keyword.value for keyword in call.keywords if keyword.arg == "into"), None)
    if into is None or not call.args:
        return
    module = importlib.import_module("oa_api." + ".".join(path.relative_to(_ROOT).with_suffix("").parts))
    cls = eval(ast.unparse(into), vars(module) | {"int": int, "str": str})  # noqa: S307 - our own source
    yield from _uses_of(path, call, call.args[0], topics, cls)


def _uses_of(path: Path, call: ast.Call, sql: ast.expr, topics: dict[str, str], cls: type) -> Iterator[Use]:
    place = f"{path.relative_to(_ROOT)}:{call.lineno}"
    if isinstance(sql, ast.Subscript) and isinstance(sql.value, ast.Name) and sql.value.id in topics:
        topic = topics[sql.value.id]
        pattern = _pattern(sql.slice)
        names = [name for name in load_queries(topic) if re.fullmatch(pattern, name)]
        assert names, f"{place}: no query of {topic} is named {pattern}"
        for name in names:
            yield Use(place, topic, name, cls)
    elif not isinstance(sql, ast.Constant):
        raise AssertionError(f'{place}: write the query as _SQL["name"], so that its columns can be checked')


def _pattern(key: ast.expr) -> str:
    if isinstance(key, ast.Constant):
        return re.escape(key.value)
    assert isinstance(key, ast.JoinedStr), ast.unparse(key)
    return "".join(re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+" for part in key.values)


USES = list(_uses())


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def connection(postgres: object, migrated_template: str) -> AsyncIterator[asyncpg.Connection]:
    url = postgres.create("columns", template=migrated_template)  # type: ignore[attr-defined]
    opened = await asyncpg.connect(url)
    yield opened
    await opened.close()
    postgres.drop("columns")  # type: ignore[attr-defined]


def test_uses_are_found() -> None:
    assert USES


def test_every_row_read_outside_db_has_a_class() -> None:
    untyped = [
        f"{path.relative_to(_ROOT)}:{call.lineno}"
        for path in sorted(_ROOT.rglob("*.py"))
        if path.parent.name != "db"
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in ("all", "first")
        if isinstance(call.args[0] if call.args else None, ast.Subscript)
        and not any(keyword.arg == "into" for keyword in call.keywords)
    ]
    assert untyped == []


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("use", USES, ids=lambda use: f"{use.topic}.{use.name}-{use.into.__name__}")
async def test_query_has_the_columns_of_its_class(use: Use, connection: asyncpg.Connection) -> None:
    described = await connection.prepare(_number_parameters(load_queries(use.topic)[use.name]))
    columns = {attribute.name: attribute.type for attribute in described.get_attributes()}
    if not dataclasses.is_dataclass(use.into):
        assert [_fits(column, use.into) for column in columns.values()] == [True], f"{use.place}: {columns}"
        return
    hints = get_type_hints(use.into)
    fields = {field.name for field in dataclasses.fields(use.into)}
    assert set(columns) == fields, use.place
    wrong = {name: (columns[name].name, str(hints[name])) for name in fields if not _fits(columns[name], hints[name])}
    assert wrong == {}, use.place


def _number_parameters(sql: str) -> str:
    """Return a psycopg2 statement with the parameters of Postgres: `%(job)s` becomes `$1`."""
    names: dict[str, int] = {}
    numbered = re.sub(r"%\((\w+)\)s", lambda match: f"${names.setdefault(match[1], len(names) + 1)}", sql)
    return numbered.replace("%%", "%")


def _fits(column: asyncpg.Type, hint: object) -> bool:
    """Return whether a column may become an attribute of this type; JSON and boxes may become anything."""
    options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    kinds = {get_origin(option) or option for option in options if option is not type(None)}
    if column.name in _JSON:
        return True
    if column.kind == "array" or column.name.startswith("_") or column.name.endswith("[]"):
        return kinds == {list}
    expected = _SCALARS.get(column.name)
    return all(isinstance(kind, type) and expected is not None and issubclass(kind, expected) for kind in kinds) or any(
        getattr(kind, "__supertype__", None) is expected for kind in kinds
    )
