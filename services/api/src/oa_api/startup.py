"""Starting, running and stopping the service: it waits for its dependencies instead of failing without them."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

import structlog
from aiohttp import web

from oa_api.app import make_app
from oa_api.background.dependencies import list_dependencies
from oa_api.background.heartbeat import record_report
from oa_api.background.process_state import ProcessState
from oa_api.db.database import Database
from oa_api.db.errors import StoreError
from oa_api.db.login import DatabaseLogin
from oa_api.db.migration import ensure_migrated
from oa_api.definitions.examiner import Examiner
from oa_api.definitions.fetcher import DefinitionFetcher
from oa_api.http.app_keys import QueuePair
from oa_api.http.server import ApiRunner
from oa_api.imports.obstacles import ObstacleError, find_obstacle
from oa_api.settings import Settings, check_connections
from oa_api.status.monitoring_app import make_monitoring_app
from oa_api.workers import Dependencies, build_workers
from oa_shared.aws import Aws, open_aws
from oa_shared.aws.caller_identity import open_identity_check
from oa_shared.aws.sts import open_key_issuer
from oa_shared.errors import OaError
from oa_shared.process_report import ProcessReport
from oa_shared.supervision import Supervisor
from oa_shared.time_limits import limit_waits
from oa_shared.waiting import growing_pauses, sleep_unless
from oa_shared.watchdog import Watchdog, watch_process

log = structlog.get_logger()
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0
_START_WAIT_S = 5.0
# ECS kills a task 40 seconds after SIGTERM; requests get their time first, then the workers.
_REQUESTS_WITHIN_S, _WORKERS_WITHIN_S, _EXIT_WITHIN_S = 10, 12.0, 28.0


async def serve(settings: Settings) -> None:
    """Serve and work until SIGTERM or SIGINT; the watchdog ends the process if that does not end in time.

    Raises SettingsError.
    """
    check_connections(settings)
    stop, watchdog = watch_process(settings.loop_hang_s)
    supervisor = Supervisor(watchdog, stop_within_s=_WORKERS_WITHIN_S)
    process = ProcessState(
        supervisor, waiting_for="the database", port=settings.port if settings.http else settings.health_port
    )
    expecting_exit = asyncio.create_task(_expect_exit(stop, process, watchdog))
    async with AsyncExitStack() as stack:
        aws = await stack.enter_async_context(open_aws())
        secret = aws.secret(settings.database_secret_arn) if settings.database_secret_arn else None
        database = await Database.open(
            DatabaseLogin(settings.database_url, secret),
            connections=settings.database_connections,
            connects_at_once=False,
        )
        stack.push_async_callback(database.close)
        await _listen(settings, database, aws, process, stack)
        is_migrated = await wait_for("database", partial(ensure_migrated, database), stop)
        if is_migrated and await wait_for("import", partial(check_obstacles, database, process), stop):
            await _work(settings, database, aws, process, stop)
    expecting_exit.cancel()
    log.info("api_stopped")


async def _work(
    settings: Settings,
    database: Database,
    aws: Aws,
    process: ProcessState,
    stop: asyncio.Event,
) -> None:
    """Run the workers until `stop` is set, then take leave of the other processes."""
    jobs = aws.queue(settings.jobs_queue_url, settings.jobs_dlq_url)
    results = aws.queue(settings.results_queue_url, settings.results_dlq_url)
    storage = aws.storage(settings.bucket)
    deps = Dependencies(database, storage, jobs, results, process, list_dependencies(settings, aws))
    async with AsyncExitStack() as stack:
        workers = await build_workers(settings, deps, stack)
        if process.supervisor is not None:
            await process.supervisor.run(workers, stop)
    await _take_leave(database, process)


async def check_obstacles(database: Database, process: ProcessState) -> None:
    """Raise ObstacleError, and set what the process waits for, while the database may not be served."""
    process.waiting_for = await find_obstacle(database)
    if process.waiting_for:
        raise ObstacleError(process.waiting_for)


async def _expect_exit(stop: asyncio.Event, process: ProcessState, watchdog: Watchdog) -> None:
    await stop.wait()
    process.is_stopping = True
    watchdog.expect_exit(_EXIT_WITHIN_S)


async def wait_for(part: str, attempt: Callable[[], Awaitable[object]], stop: asyncio.Event) -> bool:
    """Repeat an attempt with growing pauses while a dependency is down; return False if `stop` is set before.

    Raises an OaError that requires an operator.
    """
    for pause_s in growing_pauses(_FIRST_PAUSE_S, _LONGEST_PAUSE_S):
        if stop.is_set():
            return False
        try:
            with limit_waits(_START_WAIT_S):
                await attempt()
        except OaError as error:
            if not error.retryable:
                raise
            log.warning("start_waiting", part=part, error=error.detail, retry_in_s=round(pause_s, 1))
        else:
            return True
        await sleep_unless(stop, pause_s)
    return False


async def _take_leave(database: Database, process: ProcessState) -> None:
    """Delete the heartbeat of this process: one that stops is not a problem."""
    try:
        with limit_waits(1, total_s=2):
            await record_report(database, ProcessReport(process.name, []))
    except StoreError as error:
        log.warning("heartbeat_not_written", error=error.detail)


async def _listen(
    settings: Settings, database: Database, aws: Aws, process: ProcessState, stack: AsyncExitStack
) -> None:
    """Listen before the database is there: the load balancer must find a process alive that waits for it."""
    if settings.http:
        fetcher = await stack.enter_async_context(DefinitionFetcher(settings.allowed_hosts))
        queues = {
            "jobs": _queue_pair(aws, settings.jobs_queue_url, settings.jobs_dlq_url),
            "results": _queue_pair(aws, settings.results_queue_url, settings.results_dlq_url),
        }
        storage = aws.storage(settings.bucket)
        examiner = await stack.enter_async_context(Examiner())
        examiner.warm_up()
        key_issuer = None
        if settings.attempt_role_arn:
            opened = open_key_issuer(role_arn=settings.attempt_role_arn, bucket=settings.bucket)
            key_issuer = await stack.enter_async_context(opened)
        identity_check = None
        if settings.container_role_arn:
            checking = open_identity_check(role_arn=settings.container_role_arn)
            identity_check = await stack.enter_async_context(checking)
        # Compiling the templates takes half a second, in which the loop would not even notice a SIGTERM.
        app = await asyncio.to_thread(
            make_app,
            settings,
            database=database,
            storage=storage,
            queues=queues,
            fetcher=fetcher,
            examiner=examiner,
            key_issuer=key_issuer,
            identity_check=identity_check,
            process=process,
        )
        await asyncio.to_thread(_exempt_from_collection)
        await _serve(app, settings.host, settings.port, stack)
    elif settings.health_port:
        await _serve(make_monitoring_app(settings, database, process), settings.host, settings.health_port, stack)


def _exempt_from_collection() -> None:
    """Keep what the process holds until its end out of garbage collections: looking through it takes 100 ms."""
    gc.collect()
    gc.freeze()


async def _serve(app: web.Application, host: str, port: int, stack: AsyncExitStack) -> None:
    runner = ApiRunner(app, shutdown_timeout=_REQUESTS_WITHIN_S)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, host, port).start()
    log.info("api_listening", host=host, port=port)


def _queue_pair(aws: Aws, url: str, dead_letter_url: str) -> QueuePair:
    return QueuePair(aws.queue(url, dead_letter_url), aws.queue(dead_letter_url) if dead_letter_url else None)
