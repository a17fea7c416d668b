"""The API for integration tests: real HTTP, real Postgres, and an error where it would block its event loop."""

from collections.abc import AsyncIterator

import pytest
from blockbuster import blockbuster_ctx

from running_api import RunningApi, running_api


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[RunningApi]:
    async with running_api(database_url) as running:
        with blockbuster_ctx("oa_api"):
            yield running
