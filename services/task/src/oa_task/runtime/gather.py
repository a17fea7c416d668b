"""Awaiting several things at once, the first failure as itself."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def gather_first_error(*works: Coroutine[Any, Any, Any]) -> list[Any]:
    """Return all results in order; when one fails the others are cancelled and its exception is raised."""
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(work) for work in works]
    except BaseExceptionGroup as group:
        first: BaseException = group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from group
    return [task.result() for task in running]
