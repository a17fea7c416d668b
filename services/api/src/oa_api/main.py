"""`oa-api` serves the API and runs the background workers until it is stopped; `oa-api migrate` updates the database.

`oa-api call METHOD PATH [BODY]` sends one request, for external schedules. `oa-api account add|link NAME` creates an
account, or a link that signs one in.
"""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack

import structlog
from aiohttp import web

from oa_api.app import make_app
from oa_api.commands.account import AccountSettings, run_account_command
from oa_api.commands.call import CallSettings, call
from oa_api.db.database import Database
from oa_api.db.migration import migrate
from oa_api.definitions.examiner import Examiner
from oa_api.definitions.fetcher import DefinitionFetcher
from oa_api.http.app_keys import QueuePair
from oa_api.http.server import ApiRunner
from oa_api.settings import MigrationSettings, Settings
from oa_api.workers import Dependencies, Worker, build_workers
from oa_shared.aws import Aws, open_aws
from oa_shared.errors import OaError
from oa_shared.logging import configure_logging
from oa_shared.queue import Queue
from oa_shared.settings import read_settings

log = structlog.get_logger()


def main() -> None:
    """Run the command; an error, such as invalid settings, is logged in one line, with exit status 2."""
    configure_logging("api")
    try:
        match sys.argv[1:]:
            case ["migrate"]:
                asyncio.run(_migrate(read_settings(MigrationSettings, os.environ)))
            case ["call", *arguments]:
                sys.exit(not asyncio.run(call(read_settings(CallSettings, os.environ), arguments)))
            case ["account", *arguments]:
                asyncio.run(_account(read_settings(AccountSettings, os.environ), arguments))
            case _:
                asyncio.run(serve(read_settings(Settings, os.environ)))
    except OaError as error:
        log.error("api_ended", code=error.code, error=error.detail)  # noqa: TRY400 - the traceback adds nothing
        sys.exit(2)


async def _migrate(settings: MigrationSettings) -> None:
    database = await Database.open(settings.database_url, connections=1)
    try:
        await migrate(database)
    finally:
        await database.close()


async def _account(settings: AccountSettings, arguments: list[str]) -> None:
    sys.stdout.write(await run_account_command(settings, arguments) + "\n")


async def serve(settings: Settings) -> None:
    """Open all dependencies, run until SIGTERM or SIGINT, and close them in reverse order."""
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    async with AsyncExitStack() as stack:
        database = await Database.open(settings.database_url, connections=settings.database_connections)
        stack.push_async_callback(database.close)
        await migrate(database)
        aws = await stack.enter_async_context(open_aws())
        storage = aws.storage(settings.bucket)
        jobs_queue = aws.queue(settings.jobs_queue_url, settings.jobs_dlq_url)
        results_queue = aws.queue(settings.results_queue_url, settings.results_dlq_url)
        if settings.http:
            queues = {
                "jobs": QueuePair(jobs_queue, _dead_letter_queue(aws, settings.jobs_dlq_url)),
                "results": QueuePair(results_queue, _dead_letter_queue(aws, settings.results_dlq_url)),
            }
            fetcher = await stack.enter_async_context(DefinitionFetcher(settings.allowed_hosts))
            examiner = await stack.enter_async_context(Examiner())
            examiner.warm_up()
            app = make_app(
                settings, database=database, storage=storage, queues=queues, fetcher=fetcher, examiner=examiner
            )
            await _listen(app, settings, stack)
        deps = Dependencies(database, storage, jobs_queue, results_queue)
        await _run_workers(await build_workers(settings, deps, stack), stop)


def _dead_letter_queue(aws: Aws, url: str) -> Queue | None:
    return aws.queue(url) if url else None


async def _listen(app: web.Application, settings: Settings, stack: AsyncExitStack) -> None:
    runner = ApiRunner(app, shutdown_timeout=20)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, settings.host, settings.port).start()
    log.info("api_listening", host=settings.host, port=settings.port)


async def _run_workers(workers: list[Worker], stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(worker(stop))
        await stop.wait()
    log.info("api_stopped")
