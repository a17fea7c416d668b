"""The worker that checks the queues and the store of this process, for the status of the system."""

import asyncio
from collections.abc import Sequence

from oa_api.background.process_state import ProcessState
from oa_shared.dependency_check import CHECK_EVERY_S, Dependency, check_dependencies

DEPENDENCIES = "dependencies"


async def run_dependency_checks(
    process: ProcessState, dependencies: Sequence[Dependency], stop: asyncio.Event, *, every_s: float = CHECK_EVERY_S
) -> None:
    """Check all dependencies at intervals until `stop` is set; the heartbeat of the process includes them."""
    process.dependencies = dependencies
    await check_dependencies(dependencies, stop, every_s=every_s)
