"""Schedules: one schedule run per period, resumed where it stopped, rejections listed."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import oa_api.schedules.sources_task as sources_module
from oa_api.schedules.repository import GitHubArchives, RepositoryReader, SourceRepository
from oa_api.schedules.sources_task import SourcesTask
from oa_api.schedules.worker import schedule_once
from oa_shared.schedule_types import ScheduleType
from support.archives import tar_files
from support.direct_examiner import DirectExaminer
from support.running_api import INTERNAL, RunningApi, definition

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class KilledError(BaseException):
    """The end of a killed process: nothing follows."""


def write(folder: Path, name: str, body: Any) -> None:
    path = folder / "sources" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for number in range(7):
        write(tmp_path, f"us/s{number}", definition("city", "county"))
    write(tmp_path, "us/not_json", b"{")
    write(tmp_path, "us/latin", "{é}".encode("latin-1"))
    write(tmp_path, "us/wrong", {"schema": 1})
    write(tmp_path, "us/twice", definition("city", "city"))
    write(tmp_path, "us/a b", definition("city"))
    return tmp_path


def _sources_task(api: RunningApi, reader: RepositoryReader, address: str) -> SourcesTask:
    return SourcesTask(api.database, reader, SourceRepository(address), DirectExaminer())


def tasks_for(api: RunningApi, address: Path | str, *hosts: str) -> dict[ScheduleType, SourcesTask]:
    return {ScheduleType.SOURCES: _sources_task(api, RepositoryReader(hosts), str(address))}


async def trigger(api: RunningApi, **body: Any) -> dict[str, Any]:
    response = await api.client.post("/api/schedule", json={"type": "sources", **body}, headers=INTERNAL)
    assert response.status == 200, await response.text()
    return dict(await response.json())


async def jobs_of(api: RunningApi) -> list[tuple[str, str, str]]:
    rows = await api.database.all("SELECT source_name, layer, name FROM job ORDER BY source_name, name")
    return [(row["source_name"], row["layer"], row["name"]) for row in rows]


EXPECTED = sorted(
    [(f"us/s{number}", "addresses", name) for number in range(7) for name in ("city", "county")]
    + [("us/twice", "addresses", "city")]
)


async def test_sources_become_the_jobs_of_one_closed_live_weekly_run(api: RunningApi, repository: Path) -> None:
    schedule_run = await trigger(api, period="2026-W48")
    assert schedule_run["state"] == "Waiting"
    assert schedule_run["run"] is None
    assert await schedule_once(api.database, tasks_for(api, repository))
    done = await api.get(f"/api/schedule/{schedule_run['id']}")
    assert done["state"] == "Done", done
    assert await jobs_of(api) == EXPECTED
    run = await api.get(f"/api/run/{done['run']}")
    assert run["live"] is True
    assert run["lane"] == "weekly"
    assert run["closed"] is True
    assert run["jobs"]["total"] == len(EXPECTED)
    assert done["detail"]["definitions"] == 12
    assert done["detail"]["jobs"] == 15
    assert done["detail"]["refused"] == 5
    assert run["github"]["sha"] == done["detail"]["commit"]


async def test_rejected_sources_are_listed_with_the_reason(api: RunningApi, repository: Path) -> None:
    schedule_run = await trigger(api)
    await schedule_once(api.database, tasks_for(api, repository))
    refused = (await api.get(f"/api/schedule/{schedule_run['id']}"))["refused"]
    assert [(item["path"], item["code"]) for item in refused] == [
        ("sources/us/a b.json", "source.schema"),
        ("sources/us/latin.json", "source.encoding"),
        ("sources/us/not_json.json", "source.schema"),
        ("sources/us/twice.json", "source.schema"),
        ("sources/us/wrong.json", "source.schema"),
    ]
    assert all(item["message"] for item in refused)


async def test_second_trigger_returns_the_first_schedule_run(api: RunningApi, repository: Path) -> None:
    schedule_runs = await asyncio.gather(*(trigger(api, period="p") for _ in range(5)))
    assert len({item["id"] for item in schedule_runs}) == 1
    assert await schedule_once(api.database, tasks_for(api, repository))
    assert (await trigger(api, period="p"))["state"] == "Done"
    assert not await schedule_once(api.database, tasks_for(api, repository))
    assert await jobs_of(api) == EXPECTED


@pytest.mark.parametrize("place", ["schedule.after_snapshot", "schedule.before_commit", "schedule.after_chunk"])
async def test_sources_of_a_killed_process_are_resumed_without_duplicates(
    api: RunningApi, repository: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(sources_module, "_DEFINITIONS_PER_TRANSACTION", 3)
    passed = 0

    def die(here: str) -> None:
        nonlocal passed
        passed += here == place
        if here == place and passed in {1, 3}:
            raise KilledError

    monkeypatch.setattr(sources_module, "fault_point", die)
    await trigger(api)
    for _ in range(3):
        try:
            await schedule_once(api.database, tasks_for(api, repository))
        except KilledError:
            assert not await schedule_once(api.database, tasks_for(api, repository)), (
                "the lease of the killed process is still valid"
            )
            await api.database.execute("UPDATE schedule_run SET lease_until = now() - interval '1 second'")
    assert passed
    assert await jobs_of(api) == EXPECTED
    assert (await api.get("/api/schedule"))["schedule_runs"][0]["state"] == "Done"


async def test_sources_with_a_lost_lease_write_nothing(
    api: RunningApi, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources_module, "_DEFINITIONS_PER_TRANSACTION", 3)
    await trigger(api)
    others = 0

    class Slow(RepositoryReader):
        async def read(self, *given: Any) -> Any:
            nonlocal others
            others += 1
            if others == 1:
                await api.database.execute("UPDATE schedule_run SET lease_until = now() - interval '1 second'")
                await schedule_once(api.database, tasks_for(api, repository))
            return await super().read(*given)

    slow = _sources_task(api, Slow(), str(repository))
    await schedule_once(api.database, {ScheduleType.SOURCES: slow})
    assert await jobs_of(api) == EXPECTED
    assert (await api.get("/api/schedule"))["schedule_runs"][0]["state"] == "Done"


async def test_sources_without_a_repository_fail_and_resume_when_triggered_again(
    api: RunningApi, repository: Path, tmp_path: Path
) -> None:
    schedule_run = await trigger(api)
    await schedule_once(api.database, tasks_for(api, tmp_path / "absent"))
    failed = await api.get(f"/api/schedule/{schedule_run['id']}")
    assert failed["state"] == "Failed"
    assert str(tmp_path / "absent" / "sources") in failed["error"]
    again = await trigger(api)
    assert again["id"] == schedule_run["id"]
    assert again["state"] == "Waiting"
    assert again["error"] is None
    await schedule_once(api.database, tasks_for(api, repository))
    assert await jobs_of(api) == EXPECTED


@pytest.fixture
async def archive_server() -> AsyncIterator[TestServer]:
    files = {f"repo-1/sources/us/{name}.json": json.dumps(definition(name)).encode() for name in ("a", "b")}
    body = tar_files(files).getvalue()

    async def archive(_request: web.Request) -> web.Response:
        return web.Response(body=body)

    async def redirect(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/archive.tar.gz")

    async def away(_request: web.Request) -> web.Response:
        raise web.HTTPServiceUnavailable

    async def commit(request: web.Request) -> web.Response:
        branch_and_type = (request.match_info["branch"], request.headers["Accept"])
        return web.Response(text=COMMIT if branch_and_type == ("HEAD", "application/vnd.github.sha") else "{}")

    app = web.Application()
    app.add_routes([web.get("/archive.tar.gz", archive), web.get("/moved", redirect), web.get("/away", away)])
    app.add_routes([web.get("/repos/o/r/commits/{branch}", commit), web.get(f"/o/r/tar.gz/{COMMIT}", archive)])
    async with TestServer(app) as server:
        yield server


@pytest.mark.parametrize("path", ["/archive.tar.gz", "/moved"])
async def test_sources_of_an_archive_on_a_server_become_jobs(
    api: RunningApi, archive_server: TestServer, path: str
) -> None:
    await trigger(api)
    await schedule_once(api.database, tasks_for(api, str(archive_server.make_url(path)), "127.0.0.1"))
    assert [job[0] for job in await jobs_of(api)] == ["us/a", "us/b"]


async def test_sources_of_a_branch_on_github_are_fetched_at_one_commit(
    api: RunningApi, archive_server: TestServer
) -> None:
    server_url = str(archive_server.make_url("")).rstrip("/")
    reader = RepositoryReader(("127.0.0.1",), github=GitHubArchives(api=server_url, archives=server_url))
    task = _sources_task(api, reader, "https://github.com/o/r")
    schedule_run = await trigger(api)
    await schedule_once(api.database, {ScheduleType.SOURCES: task})
    assert (await api.get(f"/api/schedule/{schedule_run['id']}"))["detail"]["commit"] == COMMIT
    rows = await api.database.all("SELECT source_url FROM job ORDER BY id")
    assert rows[0] == {"source_url": f"https://github.com/o/r/blob/{COMMIT}/sources/us/a.json"}


@pytest.mark.parametrize(
    ("path", "hosts", "ending"),
    [
        ("/archive.tar.gz", (), ("Failed", "not on the public internet")),
        ("/absent", ("127.0.0.1",), ("Failed", "404")),
        ("/away", ("127.0.0.1",), ("Waiting", "503")),
    ],
)
async def test_sources_of_a_server_without_an_archive_fail_or_wait(
    api: RunningApi, archive_server: TestServer, path: str, hosts: tuple[str, ...], ending: tuple[str, str]
) -> None:
    state, reason = ending
    schedule_run = await trigger(api)
    await schedule_once(api.database, tasks_for(api, str(archive_server.make_url(path)), *hosts))
    result = await api.get(f"/api/schedule/{schedule_run['id']}")
    assert result["state"] == state
    assert reason in result["error"]


async def test_schedule_list_has_upcoming_runs_and_pages(api: RunningApi) -> None:
    for number in range(3):
        await trigger(api, period=f"p{number}")
    response = await api.client.get("/api/schedule?limit=2")
    listed = await response.json()
    assert [item["period"] for item in listed["schedule_runs"]] == ["p2", "p1"]
    assert 'rel="next"' in response.headers["Link"]
    assert {item["type"] for item in listed["upcoming"]} == set(ScheduleType)
    assert all(item["schedule_run"] is None for item in listed["upcoming"])
    cursor = listed["schedule_runs"][-1]["id"]
    assert [item["period"] for item in (await api.get(f"/api/schedule?cursor={cursor}"))["schedule_runs"]] == ["p0"]


@pytest.mark.parametrize(
    "body", [{}, {"type": "close"}, {"type": "sources", "period": "a b"}, {"type": "sources", "x": 1}]
)
async def test_invalid_trigger_is_refused(api: RunningApi, body: dict[str, Any]) -> None:
    response = await api.client.post("/api/schedule", json=body, headers=INTERNAL)
    assert response.status == 422


async def test_trigger_without_the_role_is_refused(api: RunningApi) -> None:
    assert (await api.client.post("/api/schedule", json={"type": "sources"})).status == 401


async def test_missing_schedule_run_is_not_found(api: RunningApi) -> None:
    assert (await api.client.get("/api/schedule/7")).status == 404
