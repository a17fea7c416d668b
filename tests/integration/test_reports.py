"""The digest: datasets that broke or were fixed, each sent once, by mail and to a webhook."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_api.http.app_keys import SETTINGS
from oa_api.mail import Mailer, MailServer
from oa_api.schedules.report_task import ReportTask
from oa_api.schedules.worker import schedule_once
from oa_api.settings import Settings
from oa_shared.schedule_types import ScheduleType
from support.finished_jobs import fail, make_jobs, post, succeed
from support.mail_server import mail_server
from support.running_api import RunningApi


async def report(api: RunningApi, period: str, *, mail_url: str = "", **settings: Any) -> dict[str, Any]:
    """Trigger a report, execute it, and return the schedule run."""
    known = api.client.app[SETTINGS] if api.client.app else None
    assert known is not None
    values = {name: getattr(known, name) for name in Settings.__dataclass_fields__}
    mailer = Mailer(MailServer.parse(mail_url) if mail_url else None, sender="oa <oa@example.org>")
    task = ReportTask(api.database, Settings(**{**values, **settings}), mailer)
    schedule_run = await post(api, "/api/schedule", type="report", period=period)
    assert await schedule_once(api.database, {ScheduleType.REPORT: task})
    return dict(await api.get(f"/api/schedule/{schedule_run['id']}"))


def source_names(changes: list[dict[str, Any]]) -> list[str]:
    return [change["source_name"] for change in changes]


async def test_report_lists_what_broke_and_was_fixed_since_the_previous_one(api: RunningApi) -> None:
    a, b, c = await make_jobs(api, "us/a", "us/b", "us/c")
    await succeed(api, a)
    await fail(api, b)
    await fail(api, c)
    assert (await report(api, "p1"))["state"] == "Done"
    first = await api.get("/api/report")
    assert source_names(first["broke"]) == ["us/b", "us/c"]
    assert first["fixed"] == []
    assert first["counts"] == {"broke": 2, "fixed": 0}
    for job in await make_jobs(api, "us/a", "us/b"):
        await (fail if source_names([await api.get(f"/api/job/{job}")]) == ["us/a"] else succeed)(api, job)
    await report(api, "p2")
    second = await api.get("/api/report")
    assert source_names(second["broke"]) == ["us/a"]
    assert source_names(second["fixed"]) == ["us/b"]
    assert second["states"] == {"healthy": 1, "stale": 0, "failing": 1, "never": 1}
    await report(api, "p3")
    assert (await api.get("/api/report"))["counts"] == {"broke": 0, "fixed": 0}


async def test_report_leaves_out_what_broke_and_was_fixed_in_between(api: RunningApi) -> None:
    await succeed(api, (await make_jobs(api, "us/a"))[0])
    await fail(api, (await make_jobs(api, "us/a"))[0])
    await succeed(api, (await make_jobs(api, "us/a"))[0])
    await report(api, "p1")
    assert (await api.get("/api/report"))["counts"] == {"broke": 0, "fixed": 0}


async def test_report_as_text_and_html_has_links_and_no_untrusted_markup(api: RunningApi) -> None:
    (job,) = await make_jobs(api, "us/a")
    await fail(api, job, "source.empty", "<script>alert(1)</script>")
    await report(api, "2026-W48")
    text = await (await api.client.get("/api/report?format=text")).text()
    assert "OpenAddresses 2026-W48: 1 newly failed, 0 fixed" in text
    assert "- us/a addresses city: source.empty, <script>alert(1)</script>" in text
    assert f"/jobs/{job}" in text
    html = await (await api.client.get("/api/report?format=html")).text()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert f'/jobs/{job}">us/a addresses city</a>' in html


async def test_report_before_the_first_one_is_not_found(api: RunningApi) -> None:
    assert (await api.client.get("/api/report")).status == 404


@dataclass
class Hook:
    """A webhook and the bodies that it received; it responds with `status`."""

    url: str = ""
    status: int = 200
    bodies: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    webhook = Hook()

    async def receive(request: web.Request) -> web.Response:
        webhook.bodies.append(json.loads(await request.text()))
        return web.Response(status=webhook.status)

    app = web.Application()
    app.add_routes([web.post("/hook", receive)])
    async with TestServer(app) as server:
        webhook.url = str(server.make_url("/hook"))
        yield webhook


async def test_report_is_mailed_and_posted_once_even_when_one_of_them_fails_first(api: RunningApi, hook: Hook) -> None:
    (job,) = await make_jobs(api, "us/a")
    await fail(api, job)
    hook.status = 503
    async with mail_server() as box:
        settings = {"mail_url": f"smtp://127.0.0.1:{box.port}", "report_mail_to": ("bob@example.org",)}
        settings |= {"report_webhook_url": hook.url, "allowed_hosts": ("127.0.0.1",)}
        waiting = await report(api, "p1", **settings)
        assert waiting["state"] == "Waiting"
        assert "503" in waiting["error"]
        hook.status = 200
        await api.database.execute("UPDATE schedule_run SET due_at = now()")
        assert (await report(api, "p1", **settings))["state"] == "Done"
    (mail,) = box.mails
    assert mail["Subject"] == "OpenAddresses p1: 1 newly failed, 0 fixed"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert [body["counts"] for body in hook.bodies] == [{"broke": 1, "fixed": 0, "acknowledged": 0}] * 2
    assert "us/a" in hook.bodies[0]["text"]


async def test_report_that_the_mail_server_rejects_is_retried(api: RunningApi) -> None:
    async with mail_server(refuses=True) as box:
        settings = {"mail_url": f"smtp://127.0.0.1:{box.port}", "report_mail_to": ("bob@example.org",)}
        waiting = await report(api, "p1", **settings)
    assert waiting["state"] == "Waiting"
    assert "mail server" in waiting["error"]


async def test_report_for_a_webhook_in_the_private_network_is_not_posted(api: RunningApi, hook: Hook) -> None:
    done = await report(api, "p1", report_webhook_url=hook.url)
    assert done["state"] == "Done"
    assert hook.bodies == []
