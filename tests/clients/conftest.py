"""The OpenAPI document in a folder in which Node finds the npm packages."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from oa_api.http.openapi import document
from oa_api.routes import ROUTES
from oa_shared.version import VERSION
from support.accounts import account, token
from support.npm_packages import npm_packages
from support.publishing import publish
from support.running_api import RunningApi, running_api

DOCUMENT = "openapi.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the document."""
    made = tmp_path_factory.mktemp("clients")
    (made / "node_modules").symlink_to(npm_packages())
    (made / DOCUMENT).write_text(
        json.dumps(document([route for route in ROUTES if not route.is_legacy], VERSION)), "utf-8"
    )
    return made


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[RunningApi]:
    async with running_api(database_url) as running:
        yield running


@pytest.fixture
async def arguments(api: RunningApi) -> list[str]:
    """Return the arguments of a program that calls the API: its URL, which has a dataset, and the token of an admin."""
    await publish(api)
    await account(api, "ada", "admin")
    header = await token(api, "ada", "admin")
    return [str(api.client.make_url("/")).rstrip("/"), header["Authorization"].removeprefix("Bearer ")]
