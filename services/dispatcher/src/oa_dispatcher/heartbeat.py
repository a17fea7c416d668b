"""The heartbeat of the dispatcher: it reports its parts to the API, which shows them in the status of the system."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from oa_dispatcher.api_client import ApiClient, ApiUnavailableError
from oa_shared.process_report import REPORT_EVERY_S, ProcessReport
from oa_shared.supervision import next_round, record_progress
from oa_shared.waiting import sleep_unless

log = structlog.get_logger()
HEARTBEAT = "dispatcher_heartbeat"
_LAST_WORDS_S = 2


async def run_heartbeat(api: ApiClient, report: Callable[[], ProcessReport], stop: asyncio.Event) -> None:
    """Send what `report` returns every few seconds until `stop` is set, and then that the process stops."""
    while not stop.is_set():
        await next_round()
        await _send(api, report())
        record_progress()
        await sleep_unless(stop, REPORT_EVERY_S)
    with suppress(TimeoutError):
        async with asyncio.timeout(_LAST_WORDS_S):
            await _send(api, ProcessReport(report().process, []))


async def _send(api: ApiClient, report: ProcessReport) -> None:
    try:
        await api.send_heartbeat(report)
    except ApiUnavailableError as error:
        log.warning("heartbeat_not_sent", error=error.detail)
