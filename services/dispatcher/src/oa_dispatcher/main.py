"""`oa-dispatcher`: consume the jobs queue and sweep Batch until told to stop."""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from typing import Any

import structlog
from aiohttp import web

from oa_dispatcher.api_client import ApiClient
from oa_dispatcher.health import health_app
from oa_dispatcher.settings import Settings
from oa_dispatcher.submission import Submission
from oa_dispatcher.sweep import Sweep
from oa_dispatcher.token_bucket import TokenBucket
from oa_shared.aws import open_aws
from oa_shared.consumer import Consumer, ConsumerOptions
from oa_shared.errors import OaError
from oa_shared.logging import configure_logging
from oa_shared.settings import read_settings

log = structlog.get_logger()
_STOP_WITHIN_S = 23


def main() -> None:
    """Run until SIGTERM or SIGINT; settings that are wrong are told in one line, with exit status 2."""
    configure_logging("dispatcher")
    try:
        asyncio.run(serve(read_settings(Settings, os.environ)))
    except OaError as error:
        log.error("dispatcher_ended", code=error.code, error=error.detail)  # noqa: TRY400 - the message says it all
        sys.exit(2)


async def serve(settings: Settings) -> None:
    """Work until told to stop, and then for at most 23 s to finish what is in hand."""
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    async with AsyncExitStack() as stack:
        aws = await stack.enter_async_context(open_aws())
        api = await stack.enter_async_context(ApiClient(settings.api_url, settings.shared_secret))
        jobs = aws.queue(settings.jobs_queue_url, settings.jobs_dlq_url)
        results = aws.queue(settings.results_queue_url, settings.results_dlq_url)
        submission = Submission(settings, api=api, batch=aws.batch(), bucket=TokenBucket(settings.submit_rate))
        sweep = Sweep(settings, api=api, batch=aws.batch(), results=results)
        runner = web.AppRunner(health_app(settings, sweep), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, settings.host, settings.health_port).start()
        pace = ConsumerOptions(concurrency=settings.concurrency, visibility_s=settings.visibility_s)
        consumer = Consumer(jobs, submission, name="jobs", pace=pace, is_ready=submission.is_ready)
        work = asyncio.gather(consumer.run(stop), sweep.run(stop))
        await _until_stopped(work, stop)
    log.info("dispatcher_stopped")


async def _until_stopped(work: asyncio.Future[tuple[None, None]], stop: asyncio.Event) -> None:
    stopping = asyncio.create_task(stop.wait())
    waiting: set[asyncio.Future[Any]] = {work, stopping}
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    try:
        await asyncio.wait_for(work, _STOP_WITHIN_S)
    except TimeoutError:
        log.warning("work_handed_back", after_s=_STOP_WITHIN_S)
