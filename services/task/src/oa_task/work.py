"""One job's work, from the definition to the manifest; the same for people and for the container."""

import asyncio
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from oa_shared.guarded_http import Guard
from oa_task.confinement import Limits as Confinement
from oa_task.confinement import limits_of_this_machine
from oa_task.definition import Entry, read_definition, select_entry
from oa_task.download.http import Downloaded, HttpDownload, Limits
from oa_task.failure import TaskFailure
from oa_task.manifest import write_manifest
from oa_task.progress import Progress
from oa_task.sandbox import Assignment, run_in_sandbox

log = structlog.get_logger()
CACHE_FILE = "cache.zip"


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done and where."""

    definition: Path
    layer: str
    name: str
    out: Path
    allow_hosts: Iterable[str] = ()


@dataclass(frozen=True, slots=True)
class WorkLimits:
    """What a job may cost."""

    download: Limits = field(default_factory=Limits)
    sandbox: Confinement = field(default_factory=limits_of_this_machine)


async def run_work(job: Job, progress: Progress, limits: WorkLimits | None = None) -> dict[str, Any]:
    """Do the job: files in `job.out`, the manifest last. Returns the counts. Raises TaskFailure."""
    given = limits or WorkLimits()
    definition = await asyncio.to_thread(job.definition.read_bytes)
    entry = select_entry(await asyncio.to_thread(read_definition, job.definition), job.layer, job.name)
    with tempfile.TemporaryDirectory(prefix="oa-task-") as folder:
        work = Path(folder)
        log.info("download_started", url=entry.urls[0], protocol=entry.protocol)
        raw = await _download(entry, work, job, progress, given.download)
        log.info("download_ended", bytes=raw.size_bytes, sha256=raw.sha256)
        assignment = Assignment(
            str(job.definition.absolute()),
            job.layer,
            job.name,
            (str(raw.path),),
            str(work),
            str(job.out.absolute()),
        )
        report = await run_in_sandbox(assignment, lambda count: progress("convert", count, None), given.sandbox)
        log.info("conversion_ended", **{key: report[key] for key in ("count", "bounds", "fields")})
        await asyncio.to_thread(_keep, raw.path, job.out / CACHE_FILE)
        await asyncio.to_thread(write_manifest, job.out, entry=entry, definition=definition, raw=raw, report=report)
    return report


async def _download(entry: Entry, work: Path, job: Job, progress: Progress, limits: Limits) -> Downloaded:
    if entry.protocol != "http":
        raise TaskFailure("source.schema", f"protocol {entry.protocol!r} is not supported yet: use http")
    folder = work / "raw"
    folder.mkdir()
    download = HttpDownload(Guard(job.allow_hosts), limits, entry.headers)
    return await download.fetch(entry.urls[0], folder, lambda done, total: progress("download", done, total))


def _keep(raw: Path, target: Path) -> None:
    """Keep the raw input: as it came if it is a zip, zipped otherwise."""
    if zipfile.is_zipfile(raw):
        shutil.copyfile(raw, target)
        return
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(raw, raw.name)
