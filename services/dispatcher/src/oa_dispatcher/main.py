"""`oa-dispatcher`: consumes the jobs queue and sweeps Batch until it is stopped."""

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from functools import partial

import structlog
from aiohttp import web

from oa_dispatcher.api_client import ApiClient
from oa_dispatcher.batch_check import BATCH_CHECK, batch_dependency
from oa_dispatcher.health import health_app
from oa_dispatcher.heartbeat import HEARTBEAT, run_heartbeat
from oa_dispatcher.settings import DispatcherSettings
from oa_dispatcher.submission import Submission
from oa_dispatcher.sweep import BatchSweep
from oa_dispatcher.token_bucket import TokenBucket
from oa_shared.aws import open_aws
from oa_shared.consumer import ConsumerOptions, QueueConsumer
from oa_shared.dependency_check import check_dependencies
from oa_shared.errors import OaError
from oa_shared.logging import configure_logging
from oa_shared.process_report import (
    DISPATCHER,
    DISPATCHER_SWEEP,
    PartReport,
    ProcessReport,
    name_process,
    report_worker,
)
from oa_shared.queue import Queue
from oa_shared.settings import read_settings
from oa_shared.supervision import Supervisor, Worker
from oa_shared.watchdog import Watchdog, watch_process

log = structlog.get_logger()
_HELP = """Usage: oa-dispatcher

Submit the messages of the jobs queue to AWS Batch and compare Batch with the API, until stopped. OA_* variables are
the settings (docs/settings.md).
"""
_BATCHES = 2
_STOP_WITHIN_S, _EXIT_WITHIN_S = 23, 30


def main() -> None:
    """Run until SIGTERM or SIGINT; invalid settings end it with one log line and exit status 2."""
    if sys.argv[1:]:
        sys.stdout.write(_HELP)
        sys.exit(0 if sys.argv[1] in {"-h", "--help"} else 2)
    configure_logging("dispatcher")
    try:
        asyncio.run(serve(read_settings(DispatcherSettings, os.environ)))
    except OaError as error:
        log.error("dispatcher_ended", code=error.code, error=error.detail)  # noqa: TRY400 - the detail is enough
        sys.exit(2)


async def serve(settings: DispatcherSettings) -> None:
    """Work until a stop signal, then finish messages in progress for at most 23 s."""
    stop, watchdog = watch_process(settings.loop_hang_s)
    expecting_exit = asyncio.create_task(_expect_exit(stop, watchdog))
    async with AsyncExitStack() as stack:
        supervisor = Supervisor(watchdog, stop_within_s=_STOP_WITHIN_S)
        workers = await _open_workers(settings, supervisor, stack)
        await supervisor.run(workers, stop)
    expecting_exit.cancel()
    log.info("dispatcher_stopped")


async def _open_workers(settings: DispatcherSettings, supervisor: Supervisor, stack: AsyncExitStack) -> list[Worker]:
    """Return the workers, which wait for their dependencies; the health port listens then."""
    aws = await stack.enter_async_context(open_aws())
    api = await stack.enter_async_context(ApiClient(settings.api_url, settings.shared_secret))
    jobs = aws.queue(settings.jobs_queue_url, settings.jobs_dlq_url)
    results = aws.queue(settings.results_queue_url, settings.results_dlq_url)
    submission = Submission(settings, api=api, batch=aws.batch(), bucket=TokenBucket(settings.submit_rate))
    sweep = BatchSweep(settings, api=api, batch=aws.batch(), results=results)
    runner = web.AppRunner(health_app(sweep, supervisor), access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, settings.host, settings.health_port).start()
    consumer = jobs_consumer(settings, jobs, submission)
    name = name_process(DISPATCHER, settings.health_port)
    batch = batch_dependency(aws.batch(), settings.batch_queues)

    def report() -> ProcessReport:
        parts = [report_worker(state) for state in supervisor.states if state.worker.name != HEARTBEAT]
        late = [PartReport(DISPATCHER_SWEEP, round(sweep.age_s, 1), sweep.problem)] if sweep.problem else []
        working = [part for part in parts if not late or part.part != DISPATCHER_SWEEP]
        return ProcessReport(name, [*working, *late, batch.report()])

    sweep_hang_s = max(settings.worker_hang_s, 2 * settings.sweep_every_s)
    return [
        Worker(DISPATCHER, consumer.run, settings.worker_hang_s),
        Worker(DISPATCHER_SWEEP, sweep.run, sweep_hang_s),
        Worker(BATCH_CHECK, partial(check_dependencies, [batch]), settings.worker_hang_s),
        Worker(HEARTBEAT, partial(run_heartbeat, api, report), settings.worker_hang_s),
    ]


def jobs_consumer(
    settings: DispatcherSettings, jobs: Queue, submission: Submission, *, wait_s: float = 10
) -> QueueConsumer:
    """Return the consumer of the jobs queue: while one batch waits for Batch, the next one is received."""
    options = ConsumerOptions(_BATCHES * settings.batch_size, settings.visibility_s, wait_s)
    return QueueConsumer(
        jobs,
        submission.handle_batch,
        batch_size=settings.batch_size,
        collect_s=settings.collect_s,
        options=options,
        name="jobs",
        is_ready=submission.is_ready,
    )


async def _expect_exit(stop: asyncio.Event, watchdog: Watchdog) -> None:
    await stop.wait()
    watchdog.expect_exit(_EXIT_WITHIN_S)
