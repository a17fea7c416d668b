"""Running one source job, from the definition to the manifest; `oa-task run` and the container share it."""

import asyncio
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from oa_shared.json_types import JsonObject
from oa_shared.json_values import json_object
from oa_shared.public_http import Guard
from oa_task.definition.task_entry import TaskEntry, read_definition, select_entry
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.download.https_check import find_https
from oa_task.download.limits import DownloadLimits
from oa_task.download.source import SourceDownload
from oa_task.download.withheld_details import withhold_details
from oa_task.results.accepted_files import accept_files
from oa_task.results.atomic_output import commit, staging_folder
from oa_task.results.files import CACHE_FILE, CONVERSION_FILES, DEFINITION_FILE, SOURCE_FILE
from oa_task.results.previous_result import PreviousFolder, PreviousResult
from oa_task.runner.fingerprint import fingerprint
from oa_task.runner.input_evidence import keep_evidence
from oa_task.runner.manifest import InputRecord, write_manifest
from oa_task.runner.raw_cache import write_raw_cache
from oa_task.runtime.failure import DISK_FULL, TaskFailure
from oa_task.runtime.gather import gather_first_error
from oa_task.runtime.gc_tuning import reduce_gc_frequency
from oa_task.runtime.phase_clock import PhaseClock
from oa_task.runtime.progress import Progress
from oa_task.sandbox.limits import SandboxLimits, machine_limits
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.request import SandboxRequest

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TaskJob:
    """A source job: an entry of the definition in a file, and the folder for its outputs.

    `previous` is the earlier result of the same entry, if known, whose files stay with `keeps_unchanged` if neither the
    input nor what decides the files has changed; with `verifies` the input is downloaded for that, even if the server
    reports it as not modified. `without` names outputs to leave out. A job that fails after its
    download writes the columns and the first rows of its input to `evidence`, if set.
    """

    definition: Path
    layer: str
    name: str
    out: Path
    allowed_hosts: Iterable[str] = ()
    previous: PreviousResult | None = None
    source_name: str = ""
    without: frozenset[str] = frozenset()
    keeps_unchanged: bool = False
    verifies: bool = False
    evidence: Path | None = None

    @property
    def title(self) -> str:
        """Return the name of the source, for the picture and credits."""
        return self.source_name or self.definition.stem


@dataclass(frozen=True, slots=True)
class RunLimits:
    """The limits of one job's download and of its sandbox."""

    download: DownloadLimits = field(default_factory=DownloadLimits)
    sandbox: SandboxLimits = field(default_factory=machine_limits)


async def run_job(
    job: TaskJob, on_progress: Progress, limits: RunLimits | None = None, *, sandbox: Sandbox | None = None
) -> JsonObject:
    """Write the outputs of a job to `job.out`, the manifest last, and return the counts.

    Raises TaskFailure, and UnchangedInputError if the files of the earlier result stay.

    The files appear in `job.out` when all are complete; a job that fails leaves none there. `sandbox` is one that was
    started earlier, with the output folder and the earlier result of this job.
    """
    reduce_gc_frequency()
    limits = limits or RunLimits()
    try:
        with sandbox or _start_sandbox(job, limits) as child, staging_folder(job.out) as out:
            report = await _JobRunner(job, on_progress, limits, child, out).run()
            await asyncio.to_thread(commit, out, job.out)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise TaskFailure("resource.disk_full", f"{type(error).__name__}: {error}") from error
    return report


def _start_sandbox(job: TaskJob, limits: RunLimits) -> Sandbox:
    readable = [job.previous.folder] if isinstance(job.previous, PreviousFolder) else []
    return Sandbox(job.out, limits=limits.sandbox, readable=readable)


def _has_fingerprint(previous: PreviousResult | None, mark: str) -> bool:
    return previous is not None and previous.manifest.get("fingerprint") == mark


def _downloaded_files(folder: Path) -> list[Path]:
    """Return the files of all parts, as far as they have been downloaded."""
    return [path for path in sorted(folder.glob("*/*")) if path.is_file() and path.stat().st_size]


class _JobRunner:
    """One job: downloads go to the room of its sandbox, accepted files to `out`."""

    def __init__(self, job: TaskJob, on_progress: Progress, limits: RunLimits, sandbox: Sandbox, out: Path) -> None:
        self._job = job
        self._on_progress = on_progress
        self._limits = limits
        self._sandbox = sandbox
        self._out = out
        self._guard = Guard(job.allowed_hosts)
        self._clock = PhaseClock()

    async def run(self) -> JsonObject:
        job = self._job
        definition = await asyncio.to_thread(job.definition.read_bytes)
        entry = select_entry(await asyncio.to_thread(read_definition, job.definition), job.layer, job.name)
        folder = self._sandbox.room / "raw"
        mark = fingerprint(entry, job.without)
        download = SourceDownload(
            entry,
            folder,
            self._guard,
            self._limits.download,
            self._on_progress,
            job.previous,
            verifies=job.verifies,
            keeps_unchanged=job.keeps_unchanged and _has_fingerprint(job.previous, mark),
        )
        try:
            raws, report = await self._download_and_convert(entry, download)
        except TaskFailure as failure:
            await self._keep_evidence(failure, folder)
            raise
        await asyncio.to_thread(accept_files, self._sandbox.out, self._out, CONVERSION_FILES)
        log.info("conversion_ended", **{key: report[key] for key in ("count", "bounds", "fields")})
        record = InputRecord(entry, job.title, definition, raws, mark)
        report = {**report, "seconds": {**json_object(report["seconds"]), **self._clock.seconds}}
        await asyncio.to_thread(write_manifest, self._out, record, report)
        return report

    async def _download_and_convert(
        self, entry: TaskEntry, download: SourceDownload
    ) -> tuple[list[DownloadedFile], JsonObject]:
        """Convert pages of an ArcGIS server while they arrive, any other data after its download."""
        if entry.is_esri:
            growing = await asyncio.to_thread(download.growing_files)
            return await gather_first_error(self._fetch_and_cache(download), self._convert(growing))
        try:
            raws = await self._fetch(download)
        except TaskFailure as failure:
            if self._job.evidence is not None and not failure.places:
                failure.places = await find_https(failure, entry, self._guard, self._limits.download)
            raise
        try:
            _cached, report = await gather_first_error(
                self._write_cache(raws), self._convert([raw.path for raw in raws])
            )
        except TaskFailure as failure:
            failure.answer = failure.answer or (raws[0].answer if raws else None)
            raise
        return raws, report

    async def _keep_evidence(self, failure: TaskFailure, folder: Path) -> None:
        """Describe what was downloaded, unless the disk is full or the data is that of an internal service."""
        raws = await asyncio.to_thread(_downloaded_files, folder)
        job, is_internal = self._job, self._guard.has_reached_service
        if job.evidence is None or is_internal or not raws or failure.code == "resource.disk_full":
            return
        self._sandbox.kill()
        await keep_evidence(raws, job.definition, job.evidence, layer=job.layer, name=job.name, room=self._sandbox.room)

    async def _fetch_and_cache(self, download: SourceDownload) -> list[DownloadedFile]:
        raws = await self._fetch(download)
        await self._write_cache(raws)
        return raws

    async def _fetch(self, download: SourceDownload) -> list[DownloadedFile]:
        with self._clock.phase("download"):
            return await download.fetch()

    async def _write_cache(self, raws: Sequence[DownloadedFile]) -> None:
        if "cache" in self._job.without:
            return
        with self._clock.phase("cache"):
            await asyncio.to_thread(write_raw_cache, [raw.path for raw in raws], self._out / CACHE_FILE)

    async def _convert(self, raws: Sequence[Path]) -> JsonObject:
        job, room = self._job, self._sandbox.room
        definition = room / DEFINITION_FILE
        await asyncio.to_thread(shutil.copyfile, job.definition, definition)
        previous = await job.previous.fetch(SOURCE_FILE, room) if job.previous else None
        request = SandboxRequest(
            str(definition),
            job.layer,
            job.name,
            tuple(map(str, raws)),
            str(self._sandbox.work),
            str(self._sandbox.out),
            str(previous.absolute()) if previous else None,
            title=job.title,
            without=tuple(job.without),
        )
        with withhold_details(self._guard), self._clock.phase("conversion"):
            return await self._sandbox.convert(request, lambda count: self._on_progress("convert", count, None))
