"""One attempt: claim, work, upload, and the last word (DESIGN section 4.3)."""

import asyncio
import json
import secrets
import signal
import tempfile
from pathlib import Path
from typing import Any

import structlog

from oa_shared.claim import CLAIM_FILE, claim, read_claim
from oa_shared.failures import exit_status
from oa_shared.fault_points import fault_point
from oa_shared.ids import attempt_prefix
from oa_shared.job_kinds import PRODUCTS, JobKind
from oa_shared.messages import dump
from oa_shared.queue import Queue, QueueUnavailableError
from oa_shared.status import JobStatus
from oa_shared.storage import Storage, StorageUnavailableError
from oa_task.job.api import JobApi
from oa_task.job.log_upload import LogUpload
from oa_task.job.progress_reporter import ProgressReporter
from oa_task.job.sample_job import run_sample_job
from oa_task.job.settings import JobSettings
from oa_task.job.status_reporter import StatusReporter
from oa_task.products.product_builder import build_product
from oa_task.results.checksums import file_facts
from oa_task.results.files import MANIFEST_FILE
from oa_task.runner.job_runner import TaskJob, run_job
from oa_task.runtime.failure import TaskFailure

log = structlog.get_logger()
_TYPES = {
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".jsonl": "application/jsonl",
    ".gz": "application/gzip",
    ".zip": "application/zip",
    ".png": "image/png",
    ".parquet": "application/vnd.apache.parquet",
    ".gpkg": "application/geopackage+sqlite3",
    ".csv": "text/csv",
    ".fgb": "application/flatgeobuf",
    ".txt": "text/plain; charset=utf-8",
    ".pmtiles": "application/vnd.pmtiles",
}
_MESSAGES_A_TRY = 1_000_000
_STOPPED_STATUS = 128 + signal.SIGTERM


class _StoppedError(Exception):
    """The container was told to stop."""


class AttemptRunner:
    """Everything one container does."""

    def __init__(
        self,
        settings: JobSettings,
        *,
        storage: Storage,
        queue: Queue,
        log_file: Path,
        container: str = "",
        batch_try: int = 1,
    ) -> None:
        self._settings = settings
        self._container = container
        self._batch_try = batch_try
        self._storage = storage
        self._api = JobApi(settings)
        self._working: asyncio.Task[dict[str, Any]] | None = None
        self._is_stopped = False
        self._prefix = attempt_prefix(settings.job, settings.attempt)
        self._reporter = StatusReporter(settings, queue, first_seq=(batch_try - 1) * _MESSAGES_A_TRY)
        self._log = LogUpload(storage, self._prefix + "log.jsonl", log_file)

    async def run(self) -> int:
        """Do the attempt and return the exit status; whatever happens, its end is told."""
        if not await self._claim():
            log.info("attempt_taken_by_another_container")
            return 0
        fault_point("claim.after")
        try:
            async with self._log:
                failure, result = await self._try_to_work()
        except _StoppedError:
            return _STOPPED_STATUS
        return await self._end(failure, result)

    def stop(self) -> None:
        """End the work soon: for SIGTERM. An end that is already being told is told.

        The log and a last progress say that it was stopped; no result does. Batch knows why it stops a container (a
        time limit, a lost machine, a person), and tells, or tries again.
        """
        log.warning("attempt_told_to_stop")
        self._is_stopped = True
        if self._working is not None:
            self._working.cancel()

    async def _claim(self) -> bool:
        """Be the first to write the claim; a claim that is there may be our own, written by a call without answer.

        Batch begins another try of a job only when the machine of the try before is gone, so that one's claim is ours.
        """
        key, body = self._prefix + CLAIM_FILE, claim(self._container, secrets.token_hex(8))
        if await self._storage.put_new(key, body):
            return True
        there = await self._storage.get_bytes(key)
        if there is None or there == body:
            return there == body
        is_inherited = self._batch_try > 1 and read_claim(there) == self._container
        if is_inherited:
            log.info("claim_inherited", batch_try=self._batch_try)
            await self._storage.put_bytes(key, body, "application/json")
        return is_inherited

    async def _try_to_work(self) -> tuple[TaskFailure | None, dict[str, Any] | None]:
        try:
            await self._reporter.tell(self._reporter.message(JobStatus.RUNNING))
            async with asyncio.timeout(self._settings.time_limit_s):
                return None, await self._work_unless_stopped()
        except _StoppedError:
            raise
        except TaskFailure as failure:
            log.warning("attempt_failed", code=failure.code, error=failure.message)
            return failure, None
        except TimeoutError:
            return TaskFailure("resource.timeout", f"not done after {self._settings.time_limit_s:g} s"), None
        except StorageUnavailableError as error:
            return TaskFailure("infra.storage", error.detail), None
        except QueueUnavailableError as error:
            return TaskFailure("infra.queue", error.detail), None
        except Exception as error:
            log.exception("attempt_crashed")
            return TaskFailure("bug.crash", f"{type(error).__name__}; see the log"), None

    async def _work_unless_stopped(self) -> dict[str, Any]:
        self._working = asyncio.create_task(self._work())
        if self._is_stopped:
            self._working.cancel()
        try:
            return await self._working
        except asyncio.CancelledError as error:
            if not self._is_stopped:
                raise
            await self._reporter.progress({"phase": "stopped"}, at_once=True)
            raise _StoppedError from error
        finally:
            self._working.cancel()

    async def _work(self) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="oa-job-") as folder:
            out = Path(folder) / "out"
            await asyncio.to_thread(out.mkdir)
            report = await self._make(await self._api.definition(), Path(folder), out)
            fault_point("upload.before")
            return {**report, "outputs": await self._upload(out), "manifest": self._prefix + MANIFEST_FILE}

    async def _make(self, definition: bytes, folder: Path, out: Path) -> dict[str, Any]:
        """Do the work of the job's kind: files in `out`, the manifest among them. Raises TaskFailure."""
        kind = self._settings.kind
        if kind == JobKind.SOURCE:
            return await self._make_source(definition, folder, out)
        if kind not in PRODUCTS:
            raise TaskFailure("bug.crash", f"this version of the task does not know the kind {kind!r}")
        async with ProgressReporter(self._reporter) as telling:
            return await build_product(definition, out, storage=self._storage, telling=telling)

    async def _make_source(self, definition: bytes, folder: Path, out: Path) -> dict[str, Any]:
        settings, path = self._settings, folder / "source.json"
        await asyncio.to_thread(path.write_bytes, definition)
        previous = None if settings.sample else await self._api.published()
        job = TaskJob(
            *(path, settings.layer, settings.name, out, settings.allowed_hosts, previous),
            source_name=settings.source_name,
            without=frozenset(settings.without),
        )
        async with ProgressReporter(self._reporter) as telling:
            if settings.sample:
                return await run_sample_job(job, settings.sample, telling)
            return await run_job(job, telling)

    async def _upload(self, out: Path) -> dict[str, Any]:
        """Upload every file, the manifest last, and return what is known of them."""
        manifest: dict[str, Any] = json.loads(await asyncio.to_thread((out / MANIFEST_FILE).read_text))
        about_manifest = await asyncio.to_thread(file_facts, out / MANIFEST_FILE)
        files: dict[str, dict[str, Any]] = {**manifest["outputs"], MANIFEST_FILE: about_manifest}
        for name in files:
            path = out / name
            content_type = _TYPES.get(path.suffix, "application/octet-stream")
            if name == MANIFEST_FILE:
                fault_point("manifest.before")
            await self._storage.put_file(self._prefix + name, path, content_type)
        fault_point("manifest.after")
        log.info("outputs_uploaded", files=len(files))
        return {name: {"key": self._prefix + name, **about} for name, about in files.items()}

    async def _end(self, failure: TaskFailure | None, result: dict[str, Any] | None) -> int:
        """Leave the last word on S3, then send it (docs/decisions/0001)."""
        status = JobStatus.FAIL if failure else JobStatus.SUCCESS
        error = {"code": failure.code, "message": failure.message[:2000]} if failure else None
        message = self._reporter.message(status, error=error, result=result)
        try:
            await self._storage.put_bytes(self._prefix + "result.json", dump(message).encode(), "application/json")
        except StorageUnavailableError as storage_error:
            log.warning("result_object_not_written", error=storage_error.detail)
        fault_point("result.before_send")
        try:
            await self._reporter.tell(message)
        except QueueUnavailableError as queue_error:
            log.error("result_not_sent", error=queue_error.detail)  # noqa: TRY400 - no trace is of use here
            return exit_status("infra.queue")
        fault_point("result.after_send")
        return exit_status(failure.code) if failure else 0
