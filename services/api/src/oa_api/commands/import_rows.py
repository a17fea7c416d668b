"""`oa-api import openaddresses-batch`: brings over the rows of that system (docs/import.md)."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from oa_api.db.database import Database
from oa_api.db.migration import migrate
from oa_api.imports.importer import SYSTEM, ImportOptions, import_rows, raise_ids
from oa_api.imports.job_rows import FilePlace
from oa_api.imports.report import ImportReport, write_findings
from oa_api.imports.rows import StepRow

log = structlog.get_logger()
_PROGRESS_EVERY_S = 5.0
_CONNECTIONS = 2


@dataclass(frozen=True, slots=True)
class ImportSettings:
    """The settings of `oa-api import` and `oa-api raise-ids`, which log in as the owner of the tables."""

    database_url: str = field(repr=False, metadata={"help": "Postgres connection URL."})


async def run_import_command(settings: ImportSettings, arguments: Sequence[str]) -> bool:
    """Migrate the database, import, print the report; return whether every row was imported.

    Raises OaError; after an error, the same command continues where it stopped.
    """
    options = build_parser().parse_args(arguments)
    import_options = ImportOptions(
        dsn=options.dsn,
        place=FilePlace(options.bucket, options.folder.strip("/")),
        definitions=options.definitions,
        is_dry_run=options.dry_run,
        batch_rows=options.batch_rows,
    )
    database = await Database.open(settings.database_url, connections=_CONNECTIONS)
    try:
        await migrate(database)
        report = await import_rows(database, import_options, _ProgressLog().report)
    finally:
        await database.close()
    write_findings(report, options.report)
    _print(report, options)
    return not any(step.left_out for step in report.steps)


async def run_raise_ids(settings: ImportSettings) -> None:
    """Raise each sequence above the IDs of its table, and print the tables concerned. Raises StoreError."""
    database = await Database.open(settings.database_url, connections=1)
    try:
        raised = await raise_ids(database)
    finally:
        await database.close()
    lines = [f"{row.name}: the next ID is {row.raised_to + 1}, not {row.next}" for row in raised]
    sys.stdout.write("\n".join(lines or ["every sequence is above the IDs of its table"]) + "\n")


def _print(report: ImportReport, options: argparse.Namespace) -> None:
    if options.json:
        sys.stdout.write(json.dumps({**report.as_json(), "report": str(options.report)}) + "\n")
        return
    head = "Dry run: nothing is written.\n\n" if options.dry_run else ""
    tail = (
        f"Each finding is a line of {options.report}.\nPeople sign in again; imported API tokens stay valid for a year."
    )
    sys.stdout.write(f"{head}{report.as_table()}\n\n{tail}\n")


class _ProgressLog:
    """Logs the state of a step when it ends, and every few seconds before."""

    def __init__(self) -> None:
        self._logged_at = time.monotonic()

    def report(self, step: StepRow) -> None:
        """Log the state of a step."""
        now = time.monotonic()
        bound_log = log.bind(step=step.name, read=step.read_rows, left_out=step.left_out, last_id=step.last_id)
        if step.is_done:
            bound_log.info("import_step_ended")
        elif now - self._logged_at > _PROGRESS_EVERY_S:
            self._logged_at = now
            bound_log.info("import_progress")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the arguments."""
    parser = argparse.ArgumentParser(prog="oa-api import", description="Import the rows of openaddresses/batch.")
    parser.add_argument("system", choices=[SYSTEM])
    parser.add_argument("--dsn", required=True, help="Postgres connection URL of that system; a replica is enough")
    parser.add_argument("--bucket", required=True, help="bucket of its files, which stay there")
    parser.add_argument("--folder", default="batch-prod", help="folder in the bucket: its stack name")
    parser.add_argument("--definitions", type=Path, help="git clone of the repository of sources")
    parser.add_argument("--dry-run", action="store_true", help="roll back everything at the end")
    parser.add_argument("--report", type=Path, default=Path("import-findings.jsonl"), help="file for the findings")
    parser.add_argument("--batch-rows", type=int, default=500, help="rows of a transaction")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    return parser
