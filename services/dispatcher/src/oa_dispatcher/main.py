"""`oa-dispatcher`: consumes the jobs queue and sweeps Batch until it is stopped."""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack

import structlog
from aiohttp import web

from oa_dispatcher.api_client import ApiClient
from oa_dispatcher.health import health_app
from oa_dispatcher.settings import DispatcherSettings
from oa_dispatcher.submission import Submission
from oa_dispatcher.sweep import BatchSweep
from oa_dispatcher.token_bucket import TokenBucket
from oa_shared.aws import open_aws
from oa_shared.consumer import Consumer, ConsumerOptions
from oa_shared.errors import OaError
from oa_shared.logging import configure_logging
from oa_shared.settings import read_settings

log = structlog.get_logger()
_STOP_WITHIN_S = 23


def main() -> None:
    """Run until SIGTERM or SIGINT; invalid settings end it with one log line and exit status 2."""
    configure_logging("dispatcher")
    try:
        asyncio.run(serve(read_settings(DispatcherSettings, os.environ)))
    except OaError as error:
        log.error("dispatcher_ended", code=error.code, error=error.detail)  # noqa: TRY400 - the detail is enough
        sys.exit(2)


async def serve(settings: DispatcherSettings) -> None:
    """Work until a stop signal, then finish messages in progress for at most 23 s."""
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    async with AsyncExitStack() as stack:
        aws = await stack.enter_async_context(open_aws())
        api = await stack.enter_async_context(ApiClient(settings.api_url, settings.shared_secret))
        jobs = aws.queue(settings.jobs_queue_url, settings.jobs_dlq_url)
        results = aws.queue(settings.results_queue_url, settings.results_dlq_url)
        submission = Submission(settings, api=api, batch=aws.batch(), bucket=TokenBucket(settings.submit_rate))
        sweep = BatchSweep(settings, api=api, batch=aws.batch(), results=results)
        runner = web.AppRunner(health_app(settings, sweep), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, settings.host, settings.health_port).start()
        options = ConsumerOptions(concurrency=settings.concurrency, visibility_s=settings.visibility_s)
        consumer = Consumer(jobs, submission, name="jobs", options=options, is_ready=submission.is_ready)
        running = asyncio.gather(consumer.run(stop), sweep.run(stop))
        await _wait_until_stopped(running, stop)
    log.info("dispatcher_stopped")


async def _wait_until_stopped(running: asyncio.Future[tuple[None, None]], stop: asyncio.Event) -> None:
    stopping = asyncio.create_task(stop.wait())
    first: set[asyncio.Future[tuple[None, None]] | asyncio.Task[bool]] = {running, stopping}
    await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    try:
        await asyncio.wait_for(running, _STOP_WITHIN_S)
    except TimeoutError:
        log.warning("shutdown_timeout", after_s=_STOP_WITHIN_S)
