"""`oa-api` serves the API and runs the background workers until it is stopped; `oa-api migrate` updates the database.

`oa-api import openaddresses-batch` brings over the rows of that system, `oa-api backfill` starts jobs for the files
that results lack (docs/import.md), and `oa-api raise-ids` repairs sequences. `oa-api call METHOD PATH [BODY]` sends one
request, for external schedules. `oa-api account add|link NAME` creates an account, or a link that signs one in.
"""

import asyncio
import os
import sys
from functools import partial

import structlog

from oa_api.commands.account import AccountSettings, run_account_command
from oa_api.commands.backfill import BackfillSettings, run_backfill_command
from oa_api.commands.call import CallSettings, call
from oa_api.commands.import_rows import ImportSettings, run_import_command, run_raise_ids
from oa_api.db.database import Database
from oa_api.db.errors import StoreUnavailableError
from oa_api.db.migration import migrate
from oa_api.db.service_role import ServiceRole
from oa_api.settings import MigrationSettings, Settings
from oa_api.startup import serve, wait_for
from oa_shared.errors import OaError
from oa_shared.logging import configure_logging
from oa_shared.settings import read_settings

log = structlog.get_logger()
_DATABASE_WITHIN_S = 60


def main() -> None:
    """Run the command; an error, such as invalid settings, is logged in one line, with exit status 2."""
    configure_logging("api")
    try:
        match sys.argv[1:]:
            case ["migrate"]:
                asyncio.run(_migrate(read_settings(MigrationSettings, os.environ)))
            case ["call", *arguments]:
                sys.exit(not asyncio.run(call(read_settings(CallSettings, os.environ), arguments)))
            case ["import", *arguments]:
                sys.exit(not asyncio.run(run_import_command(read_settings(ImportSettings, os.environ), arguments)))
            case ["backfill", *arguments]:
                asyncio.run(run_backfill_command(read_settings(BackfillSettings, os.environ), arguments))
            case ["raise-ids"]:
                asyncio.run(run_raise_ids(read_settings(ImportSettings, os.environ)))
            case ["account", *arguments]:
                asyncio.run(_account(read_settings(AccountSettings, os.environ), arguments))
            case _:
                asyncio.run(serve(read_settings(Settings, os.environ)))
    except OaError as error:
        log.error("api_ended", code=error.code, error=error.detail)  # noqa: TRY400 - the traceback adds nothing
        sys.exit(2)


async def _migrate(settings: MigrationSettings) -> None:
    """Wait up to a minute for the database, then migrate it. Raises StoreUnavailableError, MigrationError."""
    service = ServiceRole(settings.service_user, settings.service_password) if settings.service_user else None
    database = await Database.open(settings.database_url, connections=1, connects_at_once=False)
    give_up = asyncio.Event()
    asyncio.get_running_loop().call_later(_DATABASE_WITHIN_S, give_up.set)
    try:
        if not await wait_for("database", partial(migrate, database, service), give_up):
            raise StoreUnavailableError(f"the database did not respond within {_DATABASE_WITHIN_S} s")
    finally:
        await database.close()


async def _account(settings: AccountSettings, arguments: list[str]) -> None:
    sys.stdout.write(await run_account_command(settings, arguments) + "\n")
