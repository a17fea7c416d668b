"""`oa-task job`: the entry of the container, configured by its environment."""

import asyncio
import logging
import os
import signal
import tempfile
from pathlib import Path

import structlog

from oa_shared.aws import Aws, open_aws
from oa_shared.failures import exit_status
from oa_shared.logging import configure_logging
from oa_shared.settings import read_settings
from oa_shared.storage import StorageUnavailableError
from oa_shared.tracing import trace_id
from oa_task.job.array_child import complete_environment
from oa_task.job.attempt import AttemptRunner
from oa_task.job.attempt_access import AccessUnavailableError, AttemptAccess, AttemptOverError
from oa_task.job.attempt_bucket import open_bucket
from oa_task.job.settings import JobSettings
from oa_task.sandbox.landlock import landlock_version
from oa_task.sandbox.limits import hide_from_children, limit_file_size

log = structlog.get_logger()


async def run_attempt() -> int:
    """Run the attempt of the environment and return the exit status. Raises SettingsError."""
    hide_from_children()
    limit_file_size()
    configure_logging("task")
    try:
        environ = await complete_environment(os.environ)
    except (AttemptOverError, AccessUnavailableError) as error:
        return _end_early(error)
    settings = read_settings(JobSettings, environ)
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
            try:
                status = await _run_with_bucket(settings, aws, Path(file.name))
            except (AttemptOverError, AccessUnavailableError) as error:
                status = _end_early(error)
        log.info("attempt_ended", exit_status=status)
    return status


def _end_early(error: AttemptOverError | AccessUnavailableError) -> int:
    """Return the exit status of a container that has not started its work."""
    if isinstance(error, AttemptOverError):
        log.info("attempt_not_needed", reason=error.detail)
        return 0
    log.error("attempt_not_started", error=error.detail)
    return exit_status("infra.api")


async def _run_with_bucket(settings: JobSettings, aws: Aws, log_file: Path) -> int:
    """Run the attempt and return the exit status. Raises AttemptOverError, AccessUnavailableError before it starts."""
    async with open_bucket(settings, AttemptAccess(settings), aws) as storage:
        runner = AttemptRunner(
            settings,
            storage=storage,
            queue=aws.queue(settings.results_queue_url),
            log_file=log_file,
            container=os.environ.get("AWS_BATCH_JOB_ID", ""),
            batch_try=int(os.environ.get("AWS_BATCH_JOB_ATTEMPT", "1")),
        )
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, runner.stop)
        try:
            return await runner.run()
        except StorageUnavailableError as error:
            log.error("attempt_not_claimed", error=error.detail)  # noqa: TRY400 - the trace adds nothing
            return exit_status("infra.storage")


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
