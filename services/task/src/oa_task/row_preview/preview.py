"""Sample rows of a source: the first rows of its data, or one row of an earlier output."""

import asyncio
import shutil
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.json_values import json_object
from oa_shared.placement import PlacementProblem, read_problems
from oa_shared.public_http import Guard
from oa_task.conversion.preview_row import PreviewRow
from oa_task.definition.task_entry import TaskEntry, read_definition, select_entry
from oa_task.download.limits import AUTHOR_LIMITS
from oa_task.download.previous_download import PreviousDownload
from oa_task.download.source import SourceDownload
from oa_task.download.withheld_details import withhold_details
from oa_task.results.files import DEFINITION_FILE
from oa_task.results.previous_result import PreviousFolder
from oa_task.runner.input_evidence import keep_evidence
from oa_task.runner.job_runner import TaskJob
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.progress import Progress
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.request import SandboxRequest


@dataclass(frozen=True, slots=True)
class Preview:
    """The first features of a source, and what the first thousands say about the place of the data.

    `summary` has the counts of the first rows (`oa_task.conversion.row_summary`), if they were requested. `warnings`
    name the columns that the data lacks and its rules can do without.
    """

    rows: list[PreviewRow]
    placement: JsonMapping
    summary: JsonMapping | None = None
    warnings: Sequence[str] = ()

    @property
    def problems(self) -> list[PlacementProblem]:
        """Return what is wrong with the place of the data."""
        return read_problems({"placement": self.placement})


@dataclass(frozen=True, slots=True)
class DataFacts:
    """The column names of the data, and what is wrong with its place."""

    columns: frozenset[str]
    problems: list[PlacementProblem]


@dataclass(frozen=True, slots=True)
class PreviewInput:
    """What a preview reads: the number of rows to count, and a file in place of the download."""

    summary_rows: int = 0
    data: Path | None = None


async def preview_rows(
    job: TaskJob, count: int, on_progress: Progress, sandbox: Sandbox, source: PreviewInput | None = None
) -> Preview:
    """Return the first `count` features of a source, as read and as conformed. Writes nothing. Raises TaskFailure."""
    return _read_preview(await _download_and_inspect(job, count, on_progress, sandbox, source or PreviewInput()))


async def preview_downloaded(job: TaskJob, raws: list[Path], count: int, sandbox: Sandbox) -> Preview:
    """Return the same for files that are downloaded already, which the sandbox may read. Raises TaskFailure."""
    entry = select_entry(await asyncio.to_thread(read_definition, job.definition), job.layer, job.name)
    return _read_preview(await _inspect(sandbox, job.definition, entry, raws, first=1, count=count))


def _read_preview(report: JsonObject) -> Preview:
    summary = json_object(report["summary"]) if "summary" in report else None
    warnings = cast("list[str]", report["warnings"])
    return Preview(_rows(report), json_object((summary or report).get("placement")), summary, warnings)


async def read_facts(job: TaskJob, on_progress: Progress, sandbox: Sandbox) -> DataFacts:
    """Return the column names of the data and the problems of its place. Raises TaskFailure."""
    report = await _download_and_inspect(job, 0, on_progress, sandbox, PreviewInput())
    return DataFacts(frozenset(cast("list[str]", report["columns"])), read_problems(report))


async def explain_row(output: PreviousFolder, row: int) -> PreviewRow:
    """Return one row of an earlier output, from 1, with the rules that produced it. Raises TaskFailure.

    Reads the definition and the cache of the folder again.
    """
    manifest, definition = output.manifest, output.folder / DEFINITION_FILE
    layer, name = str(manifest["layer"]), str(manifest["name"])
    entry = select_entry(await asyncio.to_thread(read_definition, definition), layer, name)
    with Sandbox() as sandbox:
        raws = [await _restore(output, part, index, sandbox.room) for index, part in enumerate(_raw_parts(manifest))]
        report = await _inspect(sandbox, definition, entry, raws, first=row, count=1)
    return _rows(report)[0]


async def _download_and_inspect(
    job: TaskJob, count: int, on_progress: Progress, sandbox: Sandbox, source: PreviewInput
) -> JsonObject:
    entry = select_entry(await asyncio.to_thread(read_definition, job.definition), job.layer, job.name)
    guard = Guard(job.allowed_hosts)
    download = SourceDownload(entry, sandbox.room / "raw", guard, AUTHOR_LIMITS, on_progress)

    async def inspect(raws: list[Path]) -> JsonObject:
        return await _inspect(
            sandbox, job.definition, entry, raws, first=1, count=count, summary_rows=source.summary_rows
        )

    if source.data is not None:
        return await inspect([await _copy_data(source.data, entry, sandbox)])
    if entry.is_esri:
        with withhold_details(guard):
            return await inspect_while_downloading(download, inspect)
    raws = await download.fetch()
    paths = [raw.path for raw in raws]
    try:
        with withhold_details(guard):
            return await inspect(paths)
    except TaskFailure as failure:
        failure.answer = raws[0].answer
        if job.evidence is not None and not guard.has_reached_service:
            await keep_evidence(paths, job.definition, job.evidence, layer=job.layer, name=job.name, room=sandbox.room)
        raise


async def _copy_data(data: Path, entry: TaskEntry, sandbox: Sandbox) -> Path:
    """Return a copy of a file that the sandbox may read."""
    if entry.is_esri:
        text = "the source is read page by page from an ArcGIS server, so no file can take its place: leave out --data"
        raise TaskFailure("source.schema", text)
    folder = sandbox.room / "raw"
    await asyncio.to_thread(folder.mkdir)
    return Path(await asyncio.to_thread(shutil.copyfile, data, folder / data.name))


async def inspect_while_downloading(
    download: SourceDownload, inspect: Callable[[list[Path]], Coroutine[None, None, JsonObject]]
) -> JsonObject:
    """Inspect pages while they arrive, and cancel the download when there are enough rows."""
    raws = await asyncio.to_thread(download.growing_files)
    fetching = asyncio.create_task(download.fetch())
    inspecting = asyncio.create_task(inspect(raws))
    await asyncio.wait({fetching, inspecting}, return_when=asyncio.FIRST_COMPLETED)
    if fetching.done() and fetching.exception() is not None:
        inspecting.cancel()
        await asyncio.wait({inspecting})
        fetching.result()
    report = await inspecting
    fetching.cancel()
    await asyncio.wait({fetching})
    return report


def _raw_parts(manifest: JsonMapping) -> list[JsonMapping]:
    raw = json_object(manifest["raw"])
    parts = raw.get("parts", [raw])
    return [json_object(part) for part in parts] if isinstance(parts, list) else []


async def _restore(output: PreviousFolder, part: JsonMapping, index: int, room: Path) -> Path:
    folder = room / "raw" / str(index)
    await asyncio.to_thread(folder.mkdir, parents=True)
    return (await PreviousDownload(output, part, index).restore(folder)).path


async def _inspect(
    sandbox: Sandbox,
    definition: Path,
    entry: TaskEntry,
    raws: list[Path],
    *,
    first: int,
    count: int,
    summary_rows: int = 0,
) -> JsonObject:
    readable = sandbox.room / DEFINITION_FILE
    await asyncio.to_thread(shutil.copyfile, definition, readable)
    request = SandboxRequest(
        str(readable),
        entry.layer,
        entry.name,
        tuple(map(str, raws)),
        str(sandbox.work),
        str(sandbox.work),
        rows=(first, count),
        summary=summary_rows,
    )
    return await sandbox.convert(request, lambda _count: None)


def _rows(report: JsonObject) -> list[PreviewRow]:
    return cast("list[PreviewRow]", report["rows"])
