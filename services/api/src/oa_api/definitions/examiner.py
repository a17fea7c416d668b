"""A separate process that reads untrusted definitions, so that none of them can stop or slow down the API.

The process stays for the next request and is started again after its end. It holds no credentials: its environment is
empty. Several processes of the API, and several examiners of one, know nothing of each other.
"""

import asyncio
import json
import sys
from contextlib import suppress
from typing import Self

import structlog
from aiohttp import web

from oa_api.definitions.examination_frames import (
    DONE,
    LENGTHS_BYTES,
    OUT_OF_MEMORY,
    BrokenFrameError,
    decode_lengths,
    encode_frame,
)
from oa_api.definitions.examination_limits import ExaminationLimits
from oa_api.metrics import EXAMINATIONS_STOPPED
from oa_shared.errors import OaError
from oa_shared.json_types import JsonMapping, JsonObject

log = structlog.get_logger()
_PROGRAM = "oa_api.commands.examiner_process"
_READ_AHEAD_BYTES = 1024 * 1024
_START_WITHIN_S = 60.0
# One arena of the allocator: a process without threads needs no more, and each counts as address space.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "1", "PYTHONUTF8": "1"}


class ExaminationStoppedError(OaError):
    """An examination took more time or memory than it may; `replies` are those before its end."""

    code = "source.too_large"
    title = "The source definition is too large."

    def __init__(self, detail: str, replies: list[JsonObject]) -> None:
        super().__init__(detail)
        self.replies = replies


class Examiner:
    """Runs operations in the process, one at a time (see oa_api.commands.examiner_process)."""

    def __init__(self, limits: ExaminationLimits | None = None) -> None:
        self._limits = limits or ExaminationLimits()
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._warming: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    def warm_up(self) -> None:
        """Start the process before the first request needs it; a failure shows there."""
        self._warming = asyncio.create_task(self._start_early())

    async def __aexit__(self, *_: object) -> None:
        if self._warming is not None:
            self._warming.cancel()
            with suppress(asyncio.CancelledError):
                await self._warming
        await self._stop()

    async def examine(self, operation: str, header: JsonMapping, body: bytes = b"") -> list[JsonObject]:
        """Return the replies of an operation. Raises ExaminationStoppedError; the next examination is not affected."""
        async with self._turn:
            replies: list[JsonObject] = []
            try:
                process = await self._start()
                frame = encode_frame({"operation": operation, **header}, body)
                outcome = await self._exchange(process, frame, replies)
            except (TimeoutError, OSError, EOFError, BrokenFrameError) as error:
                await self._stop()
                reason = "too much time" if isinstance(error, TimeoutError) else "too much time or memory"
                raise self._stop_error(operation, reason, replies) from error
            except BaseException:
                # The next request would read the replies of one that was canceled as its own.
                await asyncio.shield(self._stop())
                raise
            if outcome.get("ends"):
                await self._stop()
            if outcome["end"] == DONE:
                return replies
            if outcome["end"] == OUT_OF_MEMORY:
                raise self._stop_error(operation, "too much memory", replies)
            raise RuntimeError(f"{operation} failed in the examiner: {outcome.get('error')}")

    async def _exchange(
        self, process: asyncio.subprocess.Process, frame: bytes, replies: list[JsonObject]
    ) -> JsonObject:
        """Send a request, collect its replies and return its end."""
        if process.stdin is None or process.stdout is None:
            raise EOFError
        async with asyncio.timeout(self._limits.wall_s):
            process.stdin.write(frame)
            await process.stdin.drain()
        while True:
            async with asyncio.timeout(self._limits.wall_s):
                header = await _read_header(process.stdout)
            if isinstance(header, dict):
                return header
            replies += header
            # A frame that has arrived is read without a pause: let other requests have a turn.
            await asyncio.sleep(0)

    def _stop_error(self, operation: str, reason: str, replies: list[JsonObject]) -> ExaminationStoppedError:
        EXAMINATIONS_STOPPED.labels(operation).inc()
        log.warning("examination_stopped", operation=operation, reason=reason, replies=len(replies))
        return ExaminationStoppedError(f"examining the definition takes {reason}: make it smaller", replies)

    async def _start_early(self) -> None:
        async with self._turn:
            with suppress(OSError, EOFError, TimeoutError, BrokenFrameError):
                await self._start()

    async def _start(self) -> asyncio.subprocess.Process:
        """Return the process, ready; start it if it is not running. Raises OSError, EOFError, TimeoutError."""
        if self._process is not None and self._process.returncode is None:
            return self._process
        arguments = [str(self._limits.memory_bytes), str(self._limits.cpu_s)]
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-m", _PROGRAM, *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=_ENVIRONMENT,
            limit=_READ_AHEAD_BYTES,
        )
        if self._process.stdout is None:
            raise EOFError
        async with asyncio.timeout(_START_WITHIN_S):
            await _read_header(self._process.stdout)
        return self._process

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        await process.wait()


async def _read_header(pipe: asyncio.StreamReader) -> JsonObject | list[JsonObject]:
    """Return the header of the next frame: a list of replies, or the end. Raises EOFError, BrokenFrameError."""
    head_bytes, body_bytes = decode_lengths(await pipe.readexactly(LENGTHS_BYTES))
    header: object = json.loads(await pipe.readexactly(head_bytes + body_bytes))
    if isinstance(header, dict | list):
        return header
    raise BrokenFrameError("a header is an object or a list")


EXAMINER = web.AppKey("examiner", Examiner)
