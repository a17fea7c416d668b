"""Failures of jobs whose data comes from an opened service: the message never shows the data."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_task.runner.job_runner import TaskJob, run_job
from oa_task.runtime.failure import TaskFailure

QUEUE = '{"Messages": [{"token": "26948bbc"}]}'


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/moved.csv":
            raise web.HTTPFound("/rows.csv")
        return web.Response(text=QUEUE)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as opened:
        yield opened


@pytest.mark.parametrize("path", ["/rows.csv", "/moved.csv"])
@pytest.mark.parametrize(("exception", "is_withheld"), [("127.0.0.1", False), ("127.0.0.1:{port}", True)])
async def test_run_job_on_an_opened_service_shows_none_of_its_bytes(
    server: TestServer, tmp_path: Path, exception: str, path: str, *, is_withheld: bool
) -> None:
    conform = {"format": "csv", "number": "N", "street": "S", "lon": "X", "lat": "Y"}
    entry = {"name": "city", "data": str(server.make_url(path)), "protocol": "http", "conform": conform}
    definition, out = tmp_path / "source.json", tmp_path / "out"
    definition.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}}))
    out.mkdir()
    job = TaskJob(definition, "addresses", "city", out, (exception.format(port=server.port),))
    with pytest.raises(TaskFailure) as caught:
        await run_job(job, lambda _phase, _done, _total: None)
    assert caught.value.code.startswith("source.")
    assert ("withheld" in caught.value.message) == is_withheld
    assert ("token" in caught.value.message) != is_withheld
