"""The steps of an import, in the order of their references: what each reads, how it converts and writes a row."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.imports.account_rows import convert_account, convert_token
from oa_api.imports.definitions import Clone, EntryName, find_definition
from oa_api.imports.findings import ConvertedRow
from oa_api.imports.job_rows import FilePlace, convert_job, stated_license
from oa_api.imports.record import as_json
from oa_api.imports.rows import (
    TheirCollection,
    TheirDataset,
    TheirJob,
    TheirPublication,
    TheirRun,
    TheirToken,
    TheirUser,
)
from oa_api.imports.run_rows import convert_collection, convert_dataset, convert_publication, convert_run
from oa_api.jobs import imported_publication
from oa_api.jobs.imported_publication import Obstacle
from oa_api.jobs.job_creation import insert_definitions
from oa_shared.json_types import JsonObject
from oa_shared.value_text import quote_value

_SQL = load_queries("imports.writes")
# With the ID of the account, which has 11 characters at most, it is no longer than a name may be.
_LOGIN_START = 28
Write = Callable[[Transaction, str], Awaitable[list[int]]]
TheirRow = TheirUser | TheirToken | TheirRun | TheirJob | TheirDataset | TheirPublication | TheirCollection


@dataclass(frozen=True, slots=True)
class ImportContext:
    """What conversions need besides the row: the place of the files, the clone, and the start of the import."""

    place: FilePlace
    clone: Clone | None
    imported_at: datetime


@dataclass(slots=True)
class Batch:
    """The rows of one page in the form of this system, with the definitions that they refer to."""

    rows: list[ConvertedRow] = field(default_factory=list)
    definitions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportStep:
    """A step. `convert` raises NotImportableError; without `update`, a row that has changed there is not updated."""

    name: str
    into: type[TheirRow]
    convert: Callable[[TheirRow, ImportContext, Batch], Awaitable[ConvertedRow]]
    insert: Write
    update: Write | None
    find_obstacles: Callable[[Transaction, str], Awaitable[list[Obstacle]]]
    adapt: Callable[[Transaction, Sequence[ConvertedRow]], Awaitable[list[ConvertedRow]]] | None = None


@dataclass(frozen=True, slots=True)
class AccountConflict:
    """Which values of an account are in use by another one."""

    id: int
    has_login: bool
    has_email: bool


async def adapt_accounts(transaction: Transaction, rows: Sequence[ConvertedRow]) -> list[ConvertedRow]:
    """Return accounts that share no name or email address, in any case, with each other or an account here."""
    values = {"rows": as_json(rows)}
    conflicts = {row.id: row for row in await transaction.all(_SQL["account_conflicts"], values, into=AccountConflict)}
    logins: set[str] = set()
    emails: set[str] = set()
    adapted = []
    for row in rows:
        conflict = conflicts.get(row.id, AccountConflict(row.id, has_login=False, has_email=False))
        login, email = str(row.values["login"]), row.values["email"]
        changes: JsonObject = {}
        if conflict.has_login or login.lower() in logins:
            changes["login"] = f"{login[:_LOGIN_START]}-{row.id}"
        if email is not None and (conflict.has_email or str(email).lower() in emails):
            changes["email"] = None
        texts = [
            f"another account has the {name} {quote_value(row.values[name])}: now {quote_value(value)}"
            for name, value in changes.items()
        ]
        new = replace(row, once={**row.once, **changes}, adaptations=[*row.adaptations, *texts])
        logins.add(str(new.record()["login"]).lower())
        emails.add(str(new.record()["email"] or "").lower())
        adapted.append(new)
    return adapted


async def _insert(name: str, transaction: Transaction, rows: str) -> list[int]:
    return await transaction.all(_SQL[f"{name}_insert"], {"rows": rows}, into=int)


async def _update(name: str, transaction: Transaction, rows: str) -> list[int]:
    return await transaction.all(_SQL[f"{name}_update"], {"rows": rows}, into=int)


async def _find_obstacles(name: str, transaction: Transaction, rows: str) -> list[Obstacle]:
    return await transaction.all(_SQL[f"{name}_obstacles"], {"rows": rows}, into=Obstacle)


async def _convert(row: TheirRow, context: ImportContext, batch: Batch) -> ConvertedRow:
    if isinstance(row, TheirJob):
        entry = EntryName(row.layer or "", row.name or "", stated_license(row))
        definition = await find_definition(context.clone, row.source, entry)
        converted = convert_job(row, definition, context.place)
        batch.definitions[definition.sha256] = definition.text
        return converted
    return _convert_other(row, context)


def _convert_other(
    row: TheirUser | TheirToken | TheirRun | TheirDataset | TheirPublication | TheirCollection, context: ImportContext
) -> ConvertedRow:
    match row:
        case TheirUser():
            return convert_account(row)
        case TheirToken():
            return convert_token(row, imported_at=context.imported_at)
        case TheirRun():
            return convert_run(row)
        case TheirDataset():
            return convert_dataset(row)
        case TheirPublication():
            return convert_publication(row)
        case TheirCollection():
            return convert_collection(row, bucket=context.place.bucket, folder=context.place.folder)


async def write_definitions(transaction: Transaction, batch: Batch) -> None:
    """Write the definitions that the rows of a batch refer to."""
    if batch.definitions:
        await insert_definitions(transaction, batch.definitions)


def _own_step(name: str, into: type[TheirRow], *, updates: bool) -> ImportStep:
    """Return a step that writes with the queries of this room."""
    update = partial(_update, name) if updates else None
    adapt = adapt_accounts if into is TheirUser else None
    return ImportStep(name, into, _convert, partial(_insert, name), update, partial(_find_obstacles, name), adapt)


STEPS = (
    _own_step("account", TheirUser, updates=False),
    _own_step("token", TheirToken, updates=False),
    _own_step("run", TheirRun, updates=True),
    _own_step("job", TheirJob, updates=True),
    ImportStep(
        "data",
        TheirDataset,
        _convert,
        imported_publication.insert_datasets,
        imported_publication.update_datasets,
        imported_publication.find_dataset_obstacles,
    ),
    ImportStep(
        "publication",
        TheirPublication,
        _convert,
        imported_publication.insert_publications,
        None,
        imported_publication.find_publication_obstacles,
    ),
    _own_step("collection", TheirCollection, updates=False),
)
