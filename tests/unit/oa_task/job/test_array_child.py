"""A container of an array job gets the variables that it would have alone; it waits for the API, and knows its end."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_shared.settings import SettingsError, read_settings
from oa_shared.tracing import new_traceparent, trace_id
from oa_task.job import attempt_access, entry
from oa_task.job.array_child import complete_environment
from oa_task.job.attempt_access import AccessUnavailableError, AttemptOverError
from oa_task.job.settings import JobSettings

TOKEN = "0123456789abcdef0123456789abcdef"
ASSIGNMENT = {
    "run": 3,
    "job": 7,
    "attempt": 1,
    "token": TOKEN,
    "kind": "source",
    "layer": "addresses",
    "name": "city",
    "source_name": "xx/a",
    "sample": None,
    "traceparent": new_traceparent(),
}


@dataclass
class ArrayApi:
    """`statuses` answer the next requests in turn, the last one all that follow."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    requests: list[dict[str, Any]] = field(default_factory=list)
    assignment: dict[str, Any] = field(default_factory=lambda: dict(ASSIGNMENT))

    async def post_child(self, request: web.Request) -> web.Response:
        self.requests.append(await request.json())
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return web.json_response(self.assignment if status == 200 else {"detail": "no"}, status=status)

    def environ(self, **more: str) -> dict[str, str]:
        return {
            "OA_ARRAY": "5",
            "OA_ARRAY_TOKEN": "f" * 32,
            "OA_API_URL": self.url,
            "OA_BUCKET": "bucket",
            "OA_RESULTS_QUEUE_URL": "queue",
            "AWS_BATCH_JOB_ID": "b:2",
            "AWS_BATCH_JOB_ARRAY_INDEX": "2",
            **more,
        }


@pytest.fixture
async def api(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ArrayApi]:
    monkeypatch.setattr(attempt_access, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(attempt_access, "_LONGEST_PAUSE_S", 0.02)
    made, app = ArrayApi(), web.Application()
    app.router.add_post("/api/array/5/child", made.post_child)
    async with TestServer(app, host="127.0.0.1") as server:
        made.url = str(server.make_url("/"))
        yield made


async def test_environment_of_a_child_is_that_of_its_attempt_alone(api: ArrayApi) -> None:
    settings = read_settings(JobSettings, await complete_environment(api.environ()))
    assert (settings.job, settings.attempt, settings.token, settings.run) == (7, 1, TOKEN, 3)
    assert (settings.layer, settings.name, settings.source_name) == ("addresses", "city", "xx/a")
    assert (settings.kind, settings.sample) == ("source", 0)
    assert trace_id(settings.traceparent) == trace_id(ASSIGNMENT["traceparent"])
    (request,) = api.requests
    assert (request["token"], request["place"], request["batch_job"]) == ("f" * 32, 2, "b:2")


async def test_child_of_a_sample_gets_its_size(api: ArrayApi) -> None:
    api.assignment["sample"] = 50
    assert read_settings(JobSettings, await complete_environment(api.environ())).sample == 50


async def test_environment_of_a_container_alone_stays_as_it_is(api: ArrayApi) -> None:
    environ = {"OA_JOB": "7", "OA_API_URL": api.url}
    assert await complete_environment(environ) == environ
    assert api.requests == []


@pytest.mark.parametrize("status", [404, 429, 500, 503])
async def test_child_waits_while_the_api_cannot_answer_or_is_of_the_previous_version(
    api: ArrayApi, status: int
) -> None:
    api.statuses = [status, status, 200]
    assert (await complete_environment(api.environ()))["OA_JOB"] == "7"
    assert len(api.requests) == 3


async def test_child_waits_for_a_limited_time(api: ArrayApi) -> None:
    api.statuses = [503]
    with pytest.raises(AccessUnavailableError):
        await complete_environment(api.environ(OA_API_WAIT_S="0.05"))


@pytest.mark.parametrize("status", [403, 409])
async def test_child_without_an_attempt_has_nothing_to_do(api: ArrayApi, status: int) -> None:
    api.statuses = [status]
    with pytest.raises(AttemptOverError):
        await complete_environment(api.environ())
    assert len(api.requests) == 1


@pytest.mark.parametrize(("statuses", "exit_status"), [([409], 0), ([503], 25)])
async def test_container_that_gets_no_attempt_ends_with_a_status(
    api: ArrayApi, monkeypatch: pytest.MonkeyPatch, statuses: list[int], exit_status: int
) -> None:
    """Status 25 is an outage: the attempt is retried by itself."""
    api.statuses = statuses
    for name in ("hide_from_children", "limit_file_size"):
        monkeypatch.setattr(entry, name, lambda: None)
    for name, value in api.environ(OA_API_WAIT_S="0.05").items():
        monkeypatch.setenv(name, value)
    assert await entry.run_attempt() == exit_status


async def test_child_without_its_place_names_the_variable(api: ArrayApi) -> None:
    environ = api.environ()
    del environ["AWS_BATCH_JOB_ARRAY_INDEX"]
    with pytest.raises(SettingsError, match="AWS_BATCH_JOB_ARRAY_INDEX"):
        await complete_environment(environ)
