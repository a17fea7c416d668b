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

from oa_api.commands import account, backfill, import_rows
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
_HELP = """Usage: oa-api [COMMAND]

Serve the API and run the background workers until stopped. OA_* variables are the settings (docs/settings.md).

Commands:
  migrate                        Create or update the database.
  account add|link NAME          Create an account, or a link that signs one in.
  call METHOD PATH [BODY]        Send one request, for external schedules.
  import openaddresses-batch     Import the rows of openaddresses/batch (docs/import.md).
  backfill                       Start jobs that build the missing files of results.
  raise-ids                      Repair the sequences of IDs after an import.

`oa-api COMMAND --help` lists the options of account, import and backfill.
"""
_PARSERS = {
    "account": account.build_parser,
    "import": import_rows.build_parser,
    "backfill": backfill.build_parser,
}


def main() -> None:
    """Run the command. An error, such as invalid settings, is one line in the log; it and wrong usage exit with 2."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        _print_help(sys.argv[1])
        return
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
            case []:
                asyncio.run(serve(read_settings(Settings, os.environ)))
            case _:
                sys.stderr.write(_HELP)
                sys.exit(2)
    except OaError as error:
        log.error("api_ended", code=error.code, error=error.detail)  # noqa: TRY400 - the traceback adds nothing
        sys.exit(2)


def _print_help(command: str) -> None:
    parser = _PARSERS.get(command)
    sys.stdout.write(parser().format_help() if parser else _HELP)


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
