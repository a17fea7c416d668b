"""The API for integration tests: real HTTP, real Postgres, and an error where it would block its event loop."""

import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from blockbuster import blockbuster_ctx

from oa_local.postgres import Postgres
from oa_shared.aws import open_aws
from support.github_world import GitHubWorld, github_world
from support.running_api import RunningApi, running_api


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[RunningApi]:
    async with running_api(database_url) as running:
        with blockbuster_ctx("oa_api"):
            yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def github(postgres: Postgres, migrated_template: str) -> AsyncIterator[GitHubWorld]:
    """One API and one GitHub for the tests of a module."""
    name = f"github_{uuid.uuid4().hex[:12]}"
    async with github_world(postgres.create(name, template=migrated_template)) as made:
        yield made
    postgres.drop(name)


@pytest_asyncio.fixture(loop_scope="module")
async def world(github: GitHubWorld) -> AsyncIterator[GitHubWorld]:
    """The same API and GitHub in their initial state."""
    await github.forget()
    with blockbuster_ctx("oa_api"):
        yield github


@pytest.fixture
async def on_aws(
    database_url: str, aws: dict[str, str], bucket: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RunningApi]:
    for name, value in aws.items():
        monkeypatch.setenv(name, value)
    async with open_aws() as clients:
        storage = clients.storage(bucket)
        async with running_api(database_url, storage=storage, output_mode="redirect") as running:
            yield running
