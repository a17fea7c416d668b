"""The columns and the first rows of the input of a failed job, for its page (docs/pages.md)."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import structlog

from oa_task.results.accepted_files import accept_files
from oa_task.results.files import DEFINITION_FILE, PROFILE_FILE, SAMPLE_FILE
from oa_task.runtime.failure import TaskFailure
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.request import SandboxRequest

log = structlog.get_logger()
EVIDENCE_FILES = frozenset({PROFILE_FILE, SAMPLE_FILE})
_WITHIN_S = 60


async def keep_evidence(
    raws: Sequence[Path], definition: Path, target: Path, *, layer: str, name: str, room: Path
) -> None:
    """Write the description of the downloaded files in `room` to `target`, in its own sandbox, within a minute.

    The job has failed already: data that cannot be described is logged, and leaves no file.
    """
    await asyncio.to_thread(target.mkdir, exist_ok=True)
    try:
        async with asyncio.timeout(_WITHIN_S):
            with Sandbox(target, readable=[room]) as sandbox:
                readable = sandbox.room / DEFINITION_FILE
                await asyncio.to_thread(shutil.copyfile, definition, readable)
                request = SandboxRequest(
                    str(readable),
                    layer,
                    name,
                    tuple(map(str, raws)),
                    str(sandbox.work),
                    str(sandbox.out),
                    writes_evidence=True,
                )
                counts = await sandbox.convert(request, lambda _count: None)
                await asyncio.to_thread(accept_files, sandbox.out, target, EVIDENCE_FILES)
    except (TaskFailure, TimeoutError, OSError) as error:
        log.info("input_not_described", error=str(error) or type(error).__name__)
        return
    log.info("input_described", columns=counts["columns"], rows=counts["rows"])
