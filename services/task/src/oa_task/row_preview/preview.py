"""Some rows of a source for people to look at: the first ones of its data, or one of an earlier output."""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oa_shared.public_http import Guard
from oa_task.definition.source_entry import SourceEntry, read_definition, select_entry
from oa_task.download.limits import DownloadLimits
from oa_task.download.previous_download import PreviousDownload
from oa_task.download.source import SourceDownload
from oa_task.results.files import DEFINITION_FILE
from oa_task.results.previous_result import PreviousFolder
from oa_task.runner.job_runner import TaskJob
from oa_task.runtime.progress import Progress
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.request import SandboxRequest

PreviewRows = list[dict[str, Any]]


async def preview_rows(job: TaskJob, count: int, progress: Progress, sandbox: Sandbox) -> PreviewRows:
    """Return the first `count` features of a source and what became of them, writing nothing. Raises TaskFailure."""
    rows: PreviewRows = (await _looked_at(job, count, progress, sandbox))["rows"]
    return rows


async def list_columns(job: TaskJob, progress: Progress, sandbox: Sandbox) -> list[str]:
    """Return the names of the columns that the data has. Raises TaskFailure."""
    names: list[str] = (await _looked_at(job, 0, progress, sandbox))["columns"]
    return names


async def _looked_at(job: TaskJob, count: int, progress: Progress, sandbox: Sandbox) -> dict[str, Any]:
    entry = select_entry(await asyncio.to_thread(read_definition, job.definition), job.layer, job.name)
    with tempfile.TemporaryDirectory(prefix="oa-task-") as folder:
        work = Path(folder)
        download = SourceDownload(entry, work / "raw", Guard(job.allowed_hosts), DownloadLimits(), progress)
        if entry.is_esri:
            return await _sample_growing(job, count, download, sandbox, work)
        raws = [raw.path for raw in await download.fetch()]
        return await _inspected(sandbox, _assignment(job.definition, entry, raws, work, first=1, count=count))


async def _sample_growing(
    job: TaskJob, count: int, download: SourceDownload, sandbox: Sandbox, work: Path
) -> dict[str, Any]:
    """Look at pages while they come, and stop fetching when enough have been seen."""
    raws = await asyncio.to_thread(download.growing_files)
    fetching = asyncio.create_task(download.fetch())
    assignment = _assignment(job.definition, download.entry, raws, work, first=1, count=count)
    looking = asyncio.create_task(_inspected(sandbox, assignment))
    await asyncio.wait({fetching, looking}, return_when=asyncio.FIRST_COMPLETED)
    if fetching.done() and fetching.exception() is not None:
        looking.cancel()
        await asyncio.wait({looking})
        fetching.result()
    seen = await looking
    fetching.cancel()
    await asyncio.wait({fetching})
    return seen


async def explain_row(output: PreviousFolder, row: int) -> dict[str, Any]:
    """Return how one row of an earlier output (1 is the first one) came about. Raises TaskFailure.

    The definition and the cache in the folder are read again.
    """
    about, definition = output.manifest, output.folder / DEFINITION_FILE
    entry = select_entry(await asyncio.to_thread(read_definition, definition), about["layer"], about["name"])
    with tempfile.TemporaryDirectory(prefix="oa-task-") as folder, Sandbox() as sandbox:
        work = Path(folder)
        raws = [await _restored(output, part, place, work) for place, part in enumerate(_parts(about))]
        seen = await _inspected(sandbox, _assignment(definition, entry, raws, work, first=row, count=1))
    found: dict[str, Any] = seen["rows"][0]
    return found


def _parts(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    raw = manifest["raw"]
    parts: list[Mapping[str, Any]] = raw.get("parts", [raw])
    return parts


async def _restored(output: PreviousFolder, part: Mapping[str, Any], place: int, work: Path) -> Path:
    folder = work / "raw" / str(place)
    await asyncio.to_thread(folder.mkdir, parents=True)
    return (await PreviousDownload(output, part, place).restore(folder)).path


def _assignment(
    definition: Path, entry: SourceEntry, raws: list[Path], work: Path, *, first: int, count: int
) -> SandboxRequest:
    return SandboxRequest(
        str(definition.absolute()),
        entry.layer,
        entry.name,
        tuple(map(str, raws)),
        str(work),
        str(work),
        rows=(first, count),
    )


async def _inspected(sandbox: Sandbox, assignment: SandboxRequest) -> dict[str, Any]:
    return await sandbox.convert(assignment, lambda _count: None)
