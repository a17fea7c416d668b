"""Programs that a test starts: they end with the block that uses them, also when the test fails."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

_Output = TypeVar("_Output", str, bytes)


@contextmanager
def ending(process: subprocess.Popen[_Output]) -> Iterator[subprocess.Popen[_Output]]:
    """Yield a process; then kill it if it still runs, wait for it, and close its pipes."""
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


@asynccontextmanager
async def started(*command: str | Path, **options: Any) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start a program and yield its process; then kill it if it still runs, and wait for it."""
    process = await asyncio.create_subprocess_exec(*command, **options)
    try:
        yield process
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
