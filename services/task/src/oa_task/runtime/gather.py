"""Awaiting several coroutines at once."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar, overload

_A = TypeVar("_A")
_B = TypeVar("_B")


@overload
async def gather_first_error(first: Coroutine[object, None, _A], /) -> tuple[_A]: ...
@overload
async def gather_first_error(
    first: Coroutine[object, None, _A], second: Coroutine[object, None, _B], /
) -> tuple[_A, _B]: ...
@overload
async def gather_first_error(*coroutines: Coroutine[object, None, _A]) -> tuple[_A, ...]: ...
async def gather_first_error(*coroutines: Coroutine[object, None, object]) -> tuple[object, ...]:
    """Return all results in order; when one coroutine fails, cancel the others and raise its exception."""
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(coroutine) for coroutine in coroutines]
    except BaseExceptionGroup as group:
        first: BaseException = group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from group
    return tuple(task.result() for task in running)
