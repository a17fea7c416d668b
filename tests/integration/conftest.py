"""The API for integration tests: real HTTP, real Postgres."""

from collections.abc import AsyncIterator

import pytest

from running_api import RunningApi, running_api


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[RunningApi]:
    async with running_api(database_url) as running:
        yield running
