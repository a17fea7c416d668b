"""Feeding the child process that makes a product (oa_task.products.build_child) with inputs as they come."""

import asyncio
from pathlib import Path
from typing import Any

from oa_task.products.input_fetcher import InputFetcher
from oa_task.runtime.progress import Progress
from oa_task.sandbox.parent import Sandbox

PROGRAM = "oa_task.products.build_child"


async def build_in_child(
    sandbox: Sandbox, told: dict[str, str], inputs: InputFetcher, telling: Progress
) -> dict[str, Any]:
    """Have the product made and return the report. Raises TaskFailure."""
    loop = asyncio.get_running_loop()

    def heard(said: dict[str, Any]) -> None:
        if "used" in said:
            loop.call_soon_threadsafe(inputs.release, Path(said["used"]))
        else:
            loop.call_soon_threadsafe(telling, *said["progress"])

    sandbox.say(told)
    listening = asyncio.create_task(asyncio.to_thread(sandbox.listen, heard))
    feeding = asyncio.create_task(_feed(sandbox, inputs))
    try:
        await asyncio.wait({listening, feeding}, return_when=asyncio.FIRST_COMPLETED)
        if feeding.done():
            feeding.result()
        answer = await listening
    finally:
        feeding.cancel()
        sandbox.kill()
        await asyncio.wait({feeding, listening})
    return sandbox.result(answer)


async def _feed(sandbox: Sandbox, inputs: InputFetcher) -> None:
    async for path in inputs.fetched():
        sandbox.say(str(path))
    sandbox.say_no_more()
