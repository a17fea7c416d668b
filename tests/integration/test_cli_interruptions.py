"""Ctrl-C while `oa` waits: status 130, no traceback, and one line that names what continues and its command."""

import asyncio
import json
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from support.command_line import OA
from support.programs import start_program
from support.running_api import SECRET, RunningApi, definition


async def interrupt(url: str, *words: str, waits_after: bytes) -> tuple[int, list[str]]:
    """Run `oa`, send SIGINT once it has printed a text, and return its exit status and the lines of standard error."""
    environ = {"PATH": os.environ["PATH"], "COLUMNS": "200", "OA_API_URL": url, "OA_SHARED_SECRET": SECRET}
    async with start_program(OA, *words, env=environ, stdin=DEVNULL, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdout is not None
        printed = b""
        async with asyncio.timeout(60):
            while waits_after not in printed:
                printed += (more := await process.stdout.read(10_000))
                assert more, printed
            process.send_signal(signal.SIGINT)
            _, err = await process.communicate()
    return process.returncode or 0, err.decode().splitlines()


@pytest.fixture
def address(api: RunningApi) -> str:
    return str(api.client.make_url("")).rstrip("/")


async def test_interrupted_submit_names_the_run_and_the_run_continues(
    api: RunningApi, address: str, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(definition("city")))
    ended = await interrupt(address, "submit", str(tmp_path / "a.json"), "--follow", waits_after=b"Pending")
    assert ended == (130, ["interrupted; run 1 continues on the server: `oa run watch 1` shows it again"])
    assert [job["status"] for job in (await api.get("/api/job"))["jobs"]] == ["Pending"]
    again = await interrupt(address, "run", "watch", "1", waits_after=b"Pending")
    assert again == ended


async def test_interrupted_upload_states_that_it_must_be_repeated(tmp_path: Path) -> None:
    """The server takes the first bytes only; the file is larger than the buffers of a connection."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def start(_request: web.Request) -> web.Response:
        return web.json_response({"id": "1", "form": {"method": "PUT", "url": "/api/upload/1/content", "fields": {}}})

    async def take(request: web.Request) -> web.Response:
        await request.content.readany()
        begun.set()
        await ended.wait()
        return web.Response()

    with (tmp_path / "a.zip").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    app = web.Application()
    app.router.add_post("/api/upload", start)
    app.router.add_put("/api/upload/1/content", take)
    async with TestServer(app, host="127.0.0.1") as server:
        environ = {"PATH": os.environ["PATH"], "OA_API_URL": str(server.make_url("")), "OA_SHARED_SECRET": SECRET}
        words = (OA, "upload", str(tmp_path / "a.zip"))
        async with start_program(*words, env=environ, stdin=DEVNULL, stdout=PIPE, stderr=PIPE) as process:
            try:
                async with asyncio.timeout(60):
                    await begun.wait()
                    process.send_signal(signal.SIGINT)
                    _, err = await process.communicate()
            finally:
                ended.set()
    expected = "interrupted; the upload is incomplete and expires: run the command again\n"
    assert (process.returncode, err.decode()) == (130, expected)


async def test_interrupted_events_name_the_last_event_and_the_command_that_continues(
    api: RunningApi, address: str
) -> None:
    await api.post_jobs(await api.run(), {"source": definition("city"), "source_name": "us/ca/berkeley"})
    (event,) = (await api.get("/api/events?kind=job.created"))["events"]
    words = ("events", "--follow", "--kind", "job.created", "--run", "1")
    ended = await interrupt(address, *words, waits_after=b"job.created")
    status, lines = ended
    assert status == 130
    (line,) = lines
    assert line.startswith("interrupted; stopped after event ")
    again = line.partition("`")[2].partition("`")[0]
    assert again.startswith("oa events --follow --run 1 --kind job.created --after ")
    position = again.rpartition(" ")[2]
    assert int(position.partition("-")[0]) >= int(event["id"].partition("-")[0])
    assert (await api.get(f"/api/events?kind=job.created&after={position}"))["events"] == []
