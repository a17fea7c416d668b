"""Feeding the child process that builds a product (oa_task.products.build_child) with its inputs."""

import asyncio

from oa_shared.json_types import JsonObject
from oa_task.products.build_context import BuildPaths
from oa_task.products.input_fetcher import InputFetcher
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.progress import Progress
from oa_task.sandbox.parent import Sandbox

PROGRAM = "oa_task.products.build_child"


async def build_in_child(
    sandbox: Sandbox, paths: BuildPaths, inputs: InputFetcher, on_progress: Progress
) -> JsonObject:
    """Build the product in the child and return its report. Raises TaskFailure."""
    loop = asyncio.get_running_loop()

    def on_message(message: JsonObject) -> None:
        if "used" in message:
            loop.call_soon_threadsafe(inputs.release, str(message["used"]))
            return
        match message.get("progress"):
            case [str(phase), int(done), (int() | None) as total]:
                loop.call_soon_threadsafe(on_progress, phase, done, total)
            case progress:
                raise TaskFailure("bug.crash", f"the process that builds the product sent {str(progress)[:200]!r}")

    sandbox.send(paths)
    receiving = asyncio.create_task(asyncio.to_thread(sandbox.receive, on_message))
    feeding = asyncio.create_task(_feed(sandbox, inputs))
    try:
        await asyncio.wait({receiving, feeding}, return_when=asyncio.FIRST_COMPLETED)
        if feeding.done():
            feeding.result()
        outcome = await receiving
    finally:
        feeding.cancel()
        sandbox.kill()
        await asyncio.wait({feeding, receiving})
    return sandbox.result(outcome)


async def _feed(sandbox: Sandbox, inputs: InputFetcher) -> None:
    async for path in inputs.fetch_all():
        sandbox.send(str(path))
    sandbox.close_input()
