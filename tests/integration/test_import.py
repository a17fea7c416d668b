"""`oa-api import openaddresses-batch`: rows of that system, made up after its public migrations."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest

from oa_api.db.database import Database
from oa_api.imports.importer import ImportOptions, import_rows
from oa_api.imports.job_rows import FilePlace
from oa_api.imports.report import ImportReport
from oa_local.postgres import Postgres
from support.openaddresses_batch.database import TheirWorld, make_world

PLACE = FilePlace("v2.openaddresses.io", "batch-prod")


@pytest.fixture
def theirs_url(postgres: Postgres) -> Iterator[str]:
    name = f"theirs_{uuid.uuid4().hex[:12]}"
    yield postgres.create(name)
    postgres.drop(name)


async def run_import(database_url: str, theirs_url: str, **options: object) -> ImportReport:
    database = await Database.open(database_url, connections=2)
    try:
        return await import_rows(
            database,
            replace(ImportOptions(theirs_url, PLACE), **options),
            lambda s: s.is_done and print(s.name, __import__('time').time() % 1000, flush=True),  # type: ignore[arg-type]
        )
    finally:
        await database.close()


async def test_import_brings_every_row_and_the_same_rows_again_change_nothing(
    database_url: str, theirs_url: str
) -> None:
    import time

    world = make_world(theirs_url, datasets=5000, rounds=2)
    t = time.time()
    report = await run_import(database_url, theirs_url)
    print(time.time() - t)
    print(report.as_table())
    report = await run_import(database_url, theirs_url)
    print(time.time() - t)
    print(report.as_table())
