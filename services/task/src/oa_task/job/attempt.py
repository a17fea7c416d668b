"""One attempt: its claim, the work, the uploads and the final message (docs/architecture.md)."""

import asyncio
import secrets
import signal
import time
from pathlib import Path
from typing import assert_never

import structlog

from oa_shared.claim import CLAIM_FILE, claim, read_claim
from oa_shared.failure_details import DETAILS
from oa_shared.failures import exit_status
from oa_shared.fault_points import fault_point
from oa_shared.ids import attempt_prefix
from oa_shared.job_kinds import JobKind
from oa_shared.json_types import JsonObject
from oa_shared.queue import Queue, QueueUnavailableError
from oa_shared.status import JobStatus
from oa_shared.storage import Storage, StorageUnavailableError
from oa_task.download.unchanged_input import UnchangedInputError
from oa_task.job.api import JobApi, PublishedFiles
from oa_task.job.attempt_access import AttemptAccess
from oa_task.job.attempt_files import AttemptFiles, for_queue
from oa_task.job.final_message import final_message
from oa_task.job.log_upload import LogUpload
from oa_task.job.progress_reporter import ProgressReporter
from oa_task.job.result_summary import summarize
from oa_task.job.room import AttemptRoom
from oa_task.job.sample_job import run_sample_job
from oa_task.job.settings import JobSettings
from oa_task.job.signed_inputs import SignedInputs
from oa_task.job.status_reporter import StatusReporter
from oa_task.results.files import LOG_FILE, MANIFEST_FILE
from oa_task.runner.job_runner import TaskJob, run_job
from oa_task.runtime.failure import TaskFailure

log = structlog.get_logger()
_MESSAGES_PER_TRY = 1_000_000
_STOPPED_STATUS = 128 + signal.SIGTERM


class _StoppedError(Exception):
    """The container received a request to stop."""


class AttemptRunner:
    """Runs the attempt of one container."""

    def __init__(
        self,
        settings: JobSettings,
        *,
        storage: Storage,
        queue: Queue,
        log_file: Path,
        room: AttemptRoom,
        container: str = "",
        batch_try: int = 1,
    ) -> None:
        self._settings = settings
        self._room = room
        self._container = container
        self._batch_try = batch_try
        self._storage = storage
        self._api = JobApi(settings)
        self._deadline = time.monotonic() + settings.time_limit_s
        self._working: asyncio.Task[JsonObject] | None = None
        self._is_stopped = False
        self._published: PublishedFiles | None = None
        self._prefix = attempt_prefix(settings.job, settings.attempt)
        self._reporter = StatusReporter(settings, queue, first_seq=(batch_try - 1) * _MESSAGES_PER_TRY)
        self._files = AttemptFiles(storage, self._prefix, settings.contents)
        self._log = LogUpload(storage, self._prefix + LOG_FILE, log_file)

    async def run(self) -> int:
        """Run the attempt, report its outcome in any case, and return the exit status."""
        if not await self._claim():
            log.info("attempt_claimed_by_another_container")
            return 0
        fault_point("claim.after")
        try:
            async with self._log:
                failure, result = await self._try_to_work()
        except _StoppedError:
            return _STOPPED_STATUS
        return await self._finish(failure, result)

    def stop(self) -> None:
        """End the work soon, for SIGTERM; an outcome that is being sent is still sent.

        The log and a last progress message record the stop, and there is no result. Batch knows why
        it stops a container (time limit, lost machine, operator), and reports it or tries again.
        """
        log.warning("attempt_stop_requested")
        self._is_stopped = True
        if self._working is not None:
            self._working.cancel()

    async def _claim(self) -> bool:
        """Return whether this container has the claim of the attempt.

        An existing claim may be its own, written by a request whose response was lost. Batch starts another try of a
        job only after the machine of the previous try is gone, so this container inherits the claim of a previous try.
        """
        key, body = self._prefix + CLAIM_FILE, claim(self._container, secrets.token_hex(8))
        if await self._storage.put_new(key, body):
            return True
        existing = await self._storage.get_bytes(key)
        if existing is None or existing == body:
            return existing == body
        is_inherited = self._batch_try > 1 and read_claim(existing) == self._container
        if is_inherited:
            log.info("claim_inherited", batch_try=self._batch_try)
        return is_inherited

    async def _try_to_work(self) -> tuple[TaskFailure | None, JsonObject | None]:
        try:
            await self._reporter.send(self._reporter.message(JobStatus.RUNNING))
            async with asyncio.timeout(self._settings.time_limit_s):
                return None, await self._work_unless_stopped()
        except _StoppedError:
            raise
        except TaskFailure as failure:
            log.warning("attempt_failed", code=failure.code, error=failure.message)
            return failure, None
        except TimeoutError:
            text = f"the job exceeded its time limit of {self._settings.time_limit_s:g} s"
            return TaskFailure("resource.timeout", text), None
        except StorageUnavailableError as error:
            return TaskFailure("infra.storage", error.detail), None
        except QueueUnavailableError as error:
            return TaskFailure("infra.queue", error.detail), None
        except Exception as error:
            log.exception("attempt_crashed")
            return TaskFailure("bug.crash", f"{type(error).__name__}; see the log"), None

    async def _work_unless_stopped(self) -> JsonObject:
        self._working = asyncio.create_task(self._work())
        if self._is_stopped:
            self._working.cancel()
        try:
            return await self._working
        except asyncio.CancelledError as error:
            if not self._is_stopped:
                raise
            await self._reporter.send_progress({"phase": "stopped"}, at_once=True)
            raise _StoppedError from error
        finally:
            self._working.cancel()

    async def _work(self) -> JsonObject:
        try:
            report = await self._run_job(await self._api.fetch_definition())
        except UnchangedInputError:
            return self._unchanged_result()
        fault_point("upload.before")
        outputs = await self._files.upload(self._room.out)
        return {**summarize(report), "outputs": outputs, "manifest": self._prefix + MANIFEST_FILE}

    async def _run_job(self, definition: bytes) -> JsonObject:
        """Write the files of the job's kind, with a manifest, and return the report. Raises TaskFailure."""
        try:
            kind = JobKind(self._settings.kind)
        except ValueError as error:
            text = f"this version of the task does not support the kind {self._settings.kind!r}"
            raise TaskFailure("bug.crash", text) from error
        match kind:
            case JobKind.SOURCE:
                return await self._run_source_job(definition)
            case JobKind.COLLECTION | JobKind.EXPORT | JobKind.FABRIC | JobKind.BACKFILL:
                return await self._build_product(definition)
            case _:
                assert_never(kind)

    async def _build_product(self, plan: bytes) -> JsonObject:
        from oa_task.products.product_builder import build_product  # noqa: PLC0415 - loads Polars; source jobs need none

        inputs = SignedInputs(AttemptAccess(self._settings), deadline=self._deadline)
        async with ProgressReporter(self._reporter) as on_progress:
            return await build_product(plan, self._room.out, storage=inputs, on_progress=on_progress)

    async def _run_source_job(self, definition: bytes) -> JsonObject:
        settings, path = self._settings, self._room.folder / "source.json"
        await asyncio.to_thread(path.write_bytes, definition)
        previous = self._published = None if settings.sample else await self._api.find_published()
        keeps_unchanged = previous is not None and await self._api.keeps_unchanged()
        job = TaskJob(
            path,
            settings.layer,
            settings.name,
            self._room.out,
            settings.allowed_hosts,
            previous,
            source_name=settings.source_name,
            without=frozenset(settings.without),
            keeps_unchanged=keeps_unchanged,
            verifies=previous is not None and previous.needs_verification,
            evidence=self._evidence,
        )
        async with ProgressReporter(self._reporter) as on_progress:
            if settings.sample:
                return await run_sample_job(job, settings.sample, on_progress, sandbox=self._room.sandbox)
            return await run_job(job, on_progress, sandbox=self._room.sandbox)

    def _unchanged_result(self) -> JsonObject:
        """Return the result of a job whose source has not changed: it names the published attempt, whose files stay."""
        if self._published is None:
            raise TaskFailure("bug.crash", "the input equals that of a published result, and none is known")
        published = {"job": self._published.job, "attempt": self._published.attempt}
        log.info("source_unchanged", published_job=self._published.job)
        return {"unchanged": True, "same_as": published}

    @property
    def _evidence(self) -> Path:
        """Return the folder for files about the input of a failed attempt."""
        return self._room.folder / "evidence"

    async def _failed_result(self, failure: TaskFailure) -> JsonObject | None:
        """Return the details of a failure and the files about its input as a result; None without any."""
        outputs = await self._files.upload_evidence(self._evidence)
        details: JsonObject = {DETAILS: failure.details.as_json()} if failure.details else {}
        return {**details, **({"outputs": outputs} if outputs else {})} or None

    async def _finish(self, failure: TaskFailure | None, result: JsonObject | None) -> int:
        """Write the outcome to S3, then send it (docs/decisions/0001); return the exit status."""
        result = result if failure is None else await self._failed_result(failure)
        message, stored = await self._files.store_outcome(final_message(self._reporter, failure, result))
        message = for_queue(message)
        if message.result_stored and not stored:
            text = "the result is too large for the queue, and S3 did not take it"
            message = final_message(self._reporter, TaskFailure("infra.storage", text), None)
        fault_point("result.before_send")
        try:
            await self._reporter.send(message)
        except QueueUnavailableError as queue_error:
            log.error("result_not_sent", error=queue_error.detail)  # noqa: TRY400 - the trace adds nothing
            return exit_status("infra.queue")
        fault_point("result.after_send")
        return exit_status(message.error["code"]) if message.error else 0
