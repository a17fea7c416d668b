"""One job's work, from the definition to the manifest; the same for people and for the container."""

import asyncio
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from oa_shared.public_http import Guard
from oa_task.definition.source_entry import SourceEntry, read_definition, select_entry
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.download.limits import DownloadLimits
from oa_task.download.source import SourceDownload
from oa_task.results.atomic_output import commit, staging_folder
from oa_task.results.files import CACHE_FILE, SOURCE_FILE
from oa_task.results.previous_result import PreviousResult
from oa_task.runner.manifest import write_manifest
from oa_task.runner.raw_cache import write_raw_cache
from oa_task.runtime.failure import DISK_FULL, TaskFailure
from oa_task.runtime.gather import gather_first_error
from oa_task.runtime.gc_tuning import reduce_gc_frequency
from oa_task.runtime.progress import Progress
from oa_task.sandbox.limits import SandboxLimits, machine_limits
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.request import SandboxRequest

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TaskJob:
    """What is to be done and where.

    `previous` is what was made of the same entry before, if it is known; `without` names outputs that are not made.
    """

    definition: Path
    layer: str
    name: str
    out: Path
    allowed_hosts: Iterable[str] = ()
    previous: PreviousResult | None = None
    source_name: str = ""
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What a job may cost."""

    download: DownloadLimits = field(default_factory=DownloadLimits)
    sandbox: SandboxLimits = field(default_factory=machine_limits)


async def run_job(
    job: TaskJob, progress: Progress, limits: RunLimits | None = None, *, sandbox: Sandbox | None = None
) -> dict[str, Any]:
    """Do the job: files in `job.out`, the manifest last. Returns the counts. Raises TaskFailure.

    `sandbox` is one that was started earlier.

    The files appear in `job.out` when all are done: a job that fails leaves nothing there.
    """
    reduce_gc_frequency()
    try:
        with tempfile.TemporaryDirectory(prefix="oa-task-") as folder, staging_folder(job.out) as out:
            report = await _Working(job, progress, limits or RunLimits(), Path(folder), out).run(sandbox)
            await asyncio.to_thread(commit, out, job.out)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise TaskFailure("resource.disk_full", f"{type(error).__name__}: {error}") from error
    return report


class _Working:
    """One job in its folders."""

    def __init__(self, job: TaskJob, progress: Progress, limits: RunLimits, folder: Path, out: Path) -> None:
        self._job = job
        self._progress = progress
        self._limits = limits
        self._folder = folder
        self._out = out

    async def run(self, started: Sandbox | None) -> dict[str, Any]:
        job = self._job
        definition = await asyncio.to_thread(job.definition.read_bytes)
        entry = select_entry(await asyncio.to_thread(read_definition, job.definition), job.layer, job.name)
        guard = Guard(job.allowed_hosts)
        download = SourceDownload(
            entry, self._folder / "raw", guard, self._limits.download, self._progress, job.previous
        )
        with started or Sandbox(self._limits.sandbox) as sandbox:
            raws, report = await self._download_and_convert(entry, download, sandbox)
            log.info("conversion_ended", **{key: report[key] for key in ("count", "bounds", "fields")})
            await asyncio.to_thread(
                write_manifest, self._out, entry=entry, definition=definition, raws=raws, report=report
            )
        return report

    async def _download_and_convert(
        self, entry: SourceEntry, download: SourceDownload, sandbox: Sandbox
    ) -> tuple[list[DownloadedFile], dict[str, Any]]:
        """Convert what comes page by page while it comes, anything else when it is there."""
        if entry.is_esri:
            growing = await asyncio.to_thread(download.growing_files)
            raws, report = await gather_first_error(self._fetch_and_keep(download), self._convert(growing, sandbox))
            return raws, report
        raws = await download.fetch()
        _kept, report = await gather_first_error(self._keep(raws), self._convert([raw.path for raw in raws], sandbox))
        return raws, report

    async def _fetch_and_keep(self, download: SourceDownload) -> list[DownloadedFile]:
        raws = await download.fetch()
        await self._keep(raws)
        return raws

    async def _keep(self, raws: Sequence[DownloadedFile]) -> None:
        if "cache" in self._job.without:
            return
        await asyncio.to_thread(write_raw_cache, [raw.path for raw in raws], self._out / CACHE_FILE)

    async def _convert(self, raws: Sequence[Path], sandbox: Sandbox) -> dict[str, Any]:
        job = self._job
        previous = await job.previous.fetch(SOURCE_FILE, self._folder) if job.previous else None
        assignment = SandboxRequest(
            str(job.definition.absolute()),
            job.layer,
            job.name,
            tuple(map(str, raws)),
            str(self._folder),
            str(self._out.absolute()),
            str(previous.absolute()) if previous else None,
            title=job.source_name or job.definition.stem,
            without=tuple(job.without),
        )
        return await sandbox.convert(assignment, lambda count: self._progress("convert", count, None))
