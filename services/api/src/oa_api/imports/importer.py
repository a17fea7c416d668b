"""Importing openaddresses/batch: step by step, batch by batch, resumed where an earlier program stopped."""

import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn, Protocol, TypeVar

from oa_api.background.heartbeat import list_heartbeats
from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_api.imports.batches import BATCH_ROWS, BatchRunner
from oa_api.imports.definitions import Clone
from oa_api.imports.job_rows import FilePlace
from oa_api.imports.report import ImportReport, read_report
from oa_api.imports.rows import ImportRow, OwnCounts, RaisedIdentity, StepRow
from oa_api.imports.steps import STEPS, ImportContext
from oa_api.imports.their_database import TheirDatabase, open_their_database
from oa_shared.errors import OaError
from oa_shared.fault_points import fault_point
from oa_shared.roles import Role

_SQL = load_queries("imports.writes")
SYSTEM = "openaddresses-batch"
_OPERATOR = Principal("operator", None, "operator", Role.SERVICE)
_RUNNING_S = 30
_SLOW_S = 6 * 3600.0
_Result = TypeVar("_Result")
OnProgress = Callable[[StepRow], None]


class ImportRefusedError(OaError):
    """The import cannot begin: the API runs, or an unfinished import has other arguments."""

    code = "import.refused"
    title = "The import cannot begin."


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The arguments of an import: the database and the files of the other system, and a clone of the definitions."""

    dsn: str
    place: FilePlace
    definitions: Path | None = None
    is_dry_run: bool = False
    batch_rows: int = BATCH_ROWS


class _DryRunEndedError(Exception):
    """Rolls back what a dry run has written."""


async def import_rows(database: Database, options: ImportOptions, on_progress: OnProgress) -> ImportReport:
    """Import, or resume an unfinished import, and return the report. A dry run leaves nothing.

    Raises ImportRefusedError, ForeignSchemaError, CloneError, StoreError; the next call continues after an error.
    """
    await _check_stopped(database)
    async with AsyncExitStack() as stack:
        theirs = await stack.enter_async_context(open_their_database(options.dsn))
        clone = await stack.enter_async_context(Clone(options.definitions)) if options.definitions else None
        importer = _Importer(theirs, clone, options, on_progress)
        if options.is_dry_run:
            return await _run_dry(database, importer)
        return await importer.run(database.run)


async def _check_stopped(database: Database) -> None:
    """Raise ImportRefusedError while processes of the API run: their new rows would take the IDs of imported ones."""
    for row in await list_heartbeats(database):
        if row.part == "api" and row.silent_s < _RUNNING_S:
            raise ImportRefusedError(f"{row.process} runs: stop the API and its workers, then wait {_RUNNING_S} s")


async def _run_dry(database: Database, importer: "_Importer") -> ImportReport:
    """Import in one transaction and roll it back: the findings are exactly those of an import."""
    reports: list[ImportReport] = []
    with suppress(_DryRunEndedError):
        async with database.transaction() as transaction:
            reports.append(await importer.run(partial(_run_in, transaction)))
            _roll_back()
    return reports[0]


def _roll_back() -> NoReturn:
    raise _DryRunEndedError


async def _run_in(transaction: Transaction, work: Callable[[Transaction], Awaitable[_Result]]) -> _Result:
    return await work(transaction)


class _Runner(Protocol):
    """Runs work in a transaction and returns what it returns."""

    async def __call__(self, work: Callable[[Transaction], Awaitable[_Result]]) -> _Result:
        """Run the work."""


class _Importer:
    """One import."""

    def __init__(
        self, theirs: TheirDatabase, clone: Clone | None, options: ImportOptions, on_progress: OnProgress
    ) -> None:
        self._theirs = theirs
        self._clone = clone
        self._options = options
        self._on_progress = on_progress

    async def run(self, run: _Runner) -> ImportReport:
        """Import, each batch by a call of `run`, and return the report."""
        started = await run(self._begin)
        context = ImportContext(self._options.place, self._clone, started.started_at)
        batches = BatchRunner(started.id, self._theirs, context, self._options.batch_rows)
        for step in STEPS:
            is_done = False
            while not is_done:
                state = await run(partial(batches.run, step=step))
                fault_point(f"import.{step.name}.committed")
                self._on_progress(state)
                is_done = state.is_done
        await run(partial(self._end, started=started))
        theirs = await self._theirs.count_by_step()
        return await run(partial(read_report, import_id=started.id, theirs=theirs))

    async def _begin(self, transaction: Transaction) -> ImportRow:
        """Return the import to work on: the unfinished one, or a new one. Raises ImportRefusedError."""
        place = self._options.place
        counts = json.dumps(await count_own_rows(transaction))
        values = {"system": SYSTEM, "bucket": place.bucket, "folder": place.folder, "counts": counts}
        await transaction.execute(_SQL["insert_import"], values)
        row = await transaction.first(_SQL["unended_import"], into=ImportRow)
        if row is None:
            raise ImportRefusedError("another program has just ended the import: start again")
        if (row.system, row.bucket, row.folder) != (SYSTEM, place.bucket, place.folder):
            text = f"import {row.id} of {row.system} from {row.bucket}/{row.folder} has not ended: resume that one"
            raise ImportRefusedError(text)
        for step in STEPS:
            await transaction.execute(_SQL["insert_step"], {"import": row.id, "step": step.name})
        return row

    async def _end(self, transaction: Transaction, started: ImportRow) -> None:
        """Raise the sequences, settle the health of datasets, and end the import: all in one transaction."""
        await transaction.execute("SET LOCAL statement_timeout = 0")
        await transaction.execute(_SQL["refresh_statistics"], timeout_s=_SLOW_S)
        await transaction.execute(_SQL["settle_health"], timeout_s=_SLOW_S)
        fault_point("import.end.before")
        if not self._options.is_dry_run:
            await transaction.execute(_SQL["raise_sequences"])
        counts = await count_own_rows(transaction)
        if await transaction.execute(_SQL["end_import"], {"import": started.id, "counts": json.dumps(counts)}):
            detail = {"system": SYSTEM, "bucket": started.bucket, "folder": started.folder, "counts": counts}
            subject = f"import/{started.id}"
            await audit_log.record(transaction, _OPERATOR, action="import.end", subject=subject, detail=detail)
        fault_point("import.end.written")


async def count_own_rows(transaction: Transaction) -> dict[str, int]:
    """Return the number of rows of this system by step."""
    counts = await transaction.first(_SQL["own_counts"], into=OwnCounts)
    return asdict(counts) if counts is not None else {}


async def raise_ids(database: Database) -> list[RaisedIdentity]:
    """Make new rows of every table get IDs above the existing ones; return the tables concerned."""
    return await database.run(lambda transaction: transaction.all(_SQL["raise_sequences"], into=RaisedIdentity))
