"""Importing a made-up database of openaddresses/batch, and what an import has written, for comparisons."""

import asyncio
import os
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2

from oa_api.db.database import Database
from oa_api.imports.importer import ImportOptions, import_rows
from oa_api.imports.job_rows import FilePlace
from oa_api.imports.report import ImportReport
from oa_shared import fault_points
from support.programs import started

PLACE = FilePlace("v2.openaddresses.example", "batch-prod")
# What an import writes, without what differs each time: random tokens, times of the import, IDs of history.
WRITTEN = {
    "account": "id, login, email, role, created_at, disabled_at",
    "api_token": "id, account_id, digest, name, role, created_at",
    "run": "id, created_at, live, lane, github, closed_at, owner",
    "source": "sha256, definition",
    "job": "id, run_id, source_name, source_url, source_sha256, layer, name, host, tier, status, rank, attempt, "
    "created_at, opened_at, ended_at, error_code, error_message, result",
    "job_attempt": "job_id, attempt, tier, status, error_code, error_message, created_at, ended_at",
    "review_reason": "job_id, code, message, state",
    "data": "id, source_name, layer, name, job_id, attempt, updated_at, license, result",
    "publication": "data_id, job_id, attempt, run_id, published_at, source_sha256, github, license, result, "
    "row_number() OVER (PARTITION BY data_id ORDER BY id)",
    "collection": "id, name, display_name, sources, layer, formats, deduplicate, created_at, result, built_at",
    "dataset_health": "source_name, layer, name, job_id, status, error_code, error_message, ended_at, failing_since",
    "imported_row": "step, id, digest",
}


async def run_import(database_url: str, theirs_url: str, **options: Any) -> ImportReport:
    """Import in this process and return the report."""
    database = await Database.open(database_url, connections=2)
    try:
        return await import_rows(database, replace(ImportOptions(theirs_url, PLACE), **options), lambda _step: None)
    finally:
        await database.close()


async def import_until(fault: str, folder: Path, database_url: str, theirs_url: str, *, batch_rows: int) -> int:
    """Run `oa-api import` in a process that dies at the first call of a fault point, and return its exit status."""
    faults = folder / "faults"
    faults.mkdir(exist_ok=True)
    (faults / fault).write_text("")
    arguments = ["import", "openaddresses-batch", "--dsn", theirs_url, "--bucket", PLACE.bucket]
    arguments += ["--batch-rows", str(batch_rows), "--report", str(folder / "findings.jsonl"), "--json"]
    environment = {
        fault_points.SWITCH: "on",
        fault_points.FOLDER_VARIABLE: str(faults),
        "OA_DATABASE_URL": database_url,
    }
    async with started(
        sys.executable,
        "-c",
        "from oa_api.main import main; main()",
        *arguments,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
    ) as process:
        return await process.wait()


def written_rows(database_url: str) -> dict[str, list[Any]]:
    """Return what imports have written, by table, in the order of its text."""
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        rows = {}
        for table, columns in WRITTEN.items():
            cursor.execute(f"SELECT (picked.*)::text FROM (SELECT {columns} FROM {table}) picked ORDER BY 1")  # noqa: S608
            rows[table] = [text for (text,) in cursor.fetchall()]
    return rows


def query(database_url: str, statement: str) -> list[Any]:
    """Run a statement, commit, and return its rows, if it has any."""
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []
