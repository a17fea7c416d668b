"""`oa-task job`: the entry of the container, configured by its environment."""

import asyncio
import logging
import os
import signal
import tempfile
from pathlib import Path

import structlog

from oa_shared.aws import open_aws
from oa_shared.failures import exit_status
from oa_shared.logging import configure_logging
from oa_shared.settings import read_settings
from oa_shared.storage import StorageUnavailableError
from oa_shared.tracing import trace_id
from oa_task.job.attempt import AttemptRunner
from oa_task.job.settings import JobSettings
from oa_task.sandbox.landlock import landlock_version
from oa_task.sandbox.limits import hide_from_children, limit_file_size

log = structlog.get_logger()


async def run_attempt() -> int:
    """Run the attempt of the environment and return the exit status. Raises SettingsError."""
    hide_from_children()
    limit_file_size()
    configure_logging("task")
    settings = read_settings(JobSettings, os.environ)
    structlog.contextvars.bind_contextvars(
        run_id=settings.run,
        job_id=settings.job,
        attempt=settings.attempt,
        source=settings.source_name,
        request_id=trace_id(settings.traceparent),
    )
    with tempfile.NamedTemporaryFile(prefix="oa-log-", suffix=".jsonl") as file:
        _log_to(Path(file.name))
        if not landlock_version():
            log.warning("files_not_confined", hint="Linux 5.19 or newer has Landlock; other limits apply")
        async with open_aws() as aws:
            runner = AttemptRunner(
                settings,
                storage=aws.storage(settings.bucket),
                queue=aws.queue(settings.results_queue_url),
                log_file=Path(file.name),
                container=os.environ.get("AWS_BATCH_JOB_ID", ""),
                batch_try=int(os.environ.get("AWS_BATCH_JOB_ATTEMPT", "1")),
            )
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, runner.stop)
            try:
                status = await runner.run()
            except StorageUnavailableError as error:
                log.error("attempt_not_claimed", error=error.detail)  # noqa: TRY400 - the trace adds nothing
                status = exit_status("infra.storage")
        log.info("attempt_ended", exit_status=status)
    return status


def _log_to(path: Path) -> None:
    """Copy every log line, as JSON, to the log of the attempt."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ]
        )
    )
    logging.getLogger().addHandler(handler)
