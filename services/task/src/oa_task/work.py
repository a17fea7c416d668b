"""One job's work, from the definition to the manifest; the same for people and for the container."""

import asyncio
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from oa_shared.public_http import Guard
from oa_task.cache import keep_raw
from oa_task.confinement import Limits as Confinement
from oa_task.confinement import limits_of_this_machine
from oa_task.definition import Entry, read_definition, select_entry
from oa_task.download.downloaded import Downloaded
from oa_task.download.limits import Limits
from oa_task.download.source import SourceDownload
from oa_task.failure import DISK_FULL, TaskFailure
from oa_task.garbage import look_for_cycles_seldom
from oa_task.manifest import write_manifest
from oa_task.previous import CACHE_FILE, Previous
from oa_task.progress import Progress
from oa_task.sandbox import Assignment, Sandbox
from oa_task.together import together
from oa_task.unfinished import publish, unfinished

log = structlog.get_logger()
FEATURES_FILE = "source.geojson.gz"


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done and where.

    `previous` is what was made of the same entry before, if it is known; `without` names outputs that are not made.
    """

    definition: Path
    layer: str
    name: str
    out: Path
    allowed_hosts: Iterable[str] = ()
    previous: Previous | None = None
    source_name: str = ""
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WorkLimits:
    """What a job may cost."""

    download: Limits = field(default_factory=Limits)
    sandbox: Confinement = field(default_factory=limits_of_this_machine)


async def run_work(
    job: Job, progress: Progress, limits: WorkLimits | None = None, *, sandbox: Sandbox | None = None
) -> dict[str, Any]:
    """Do the job: files in `job.out`, the manifest last. Returns the counts. Raises TaskFailure.

    `sandbox` is one that was started earlier.

    The files appear in `job.out` when all are done: a job that fails leaves nothing there.
    """
    look_for_cycles_seldom()
    try:
        with tempfile.TemporaryDirectory(prefix="oa-task-") as folder, unfinished(job.out) as out:
            report = await _Working(job, progress, limits or WorkLimits(), Path(folder), out).run(sandbox)
            await asyncio.to_thread(publish, out, job.out)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise TaskFailure("resource.disk_full", f"{type(error).__name__}: {error}") from error
    return report


class _Working:
    """One job in its folders."""

    def __init__(self, job: Job, progress: Progress, limits: WorkLimits, folder: Path, out: Path) -> None:
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
        self, entry: Entry, download: SourceDownload, sandbox: Sandbox
    ) -> tuple[list[Downloaded], dict[str, Any]]:
        """Convert what comes page by page while it comes, anything else when it is there."""
        if entry.is_esri:
            growing = await asyncio.to_thread(download.growing_files)
            raws, report = await together(self._fetch_and_keep(download), self._convert(growing, sandbox))
            return raws, report
        raws = await download.fetch()
        _kept, report = await together(self._keep(raws), self._convert([raw.path for raw in raws], sandbox))
        return raws, report

    async def _fetch_and_keep(self, download: SourceDownload) -> list[Downloaded]:
        raws = await download.fetch()
        await self._keep(raws)
        return raws

    async def _keep(self, raws: Sequence[Downloaded]) -> None:
        if "cache" in self._job.without:
            return
        await asyncio.to_thread(keep_raw, [raw.path for raw in raws], self._out / CACHE_FILE)

    async def _convert(self, raws: Sequence[Path], sandbox: Sandbox) -> dict[str, Any]:
        job = self._job
        previous = await job.previous.fetch(FEATURES_FILE, self._folder) if job.previous else None
        assignment = Assignment(
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
