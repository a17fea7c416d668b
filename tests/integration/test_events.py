"""The feed of events: as pages, and as a stream that can be resumed."""

import asyncio
from typing import Any

import aiohttp
import pytest

from oa_api.db.migration import ensure_migrated
from oa_api.db.query_files import load_queries
from oa_api.events import feed, stream, subscriber
from oa_api.events.hub import HUB
from support.event_stream import EventStream, open_stream
from support.running_api import INTERNAL, RunningApi, definition, running_api


async def act(api: RunningApi, job: int, action: str) -> None:
    response = await api.client.post(f"/api/job/{job}/{action}", headers=INTERNAL)
    assert response.status == 200, await response.text()


async def report(api: RunningApi, job: int, status: str, **more: Any) -> None:
    row = await api.get(f"/api/job/{job}", **INTERNAL)
    change = {"status": status, "attempt": row["attempt"], "token": row["token"], **more}
    response = await api.client.patch(f"/api/job/{job}", json=change, headers=INTERNAL)
    assert response.status == 200, await response.text()


def kinds_and_statuses(events: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(event["kind"], event["status"]) for event in events]


async def test_feed_has_creation_report_retry_cancel_and_rerun(api: RunningApi) -> None:
    job = (await api.job())["id"]
    await report(api, job, "Submitted", batch_job="b")
    await report(api, job, "Fail", code="infra.host_lost")
    await act(api, job, "cancel")
    await act(api, job, "rerun")
    events = (await api.get("/api/events"))["events"]
    assert kinds_and_statuses(events) == [
        ("job.created", "Pending"),
        ("api.patch", "Submitted"),
        ("api.patch", "Fail"),
        ("job.retried", "Pending"),
        ("api.cancel", "Canceled"),
        ("job.rerun", "Pending"),
    ]
    assert [event["attempt"] for event in events] == [1, 1, 1, 2, 2, 3]
    assert events[2]["error"] == "infra.host_lost"
    assert {event["run"] for event in events} == {1}


async def create_job_to_review(api: RunningApi, *, live: bool) -> int:
    """Return a job that needs review: it has no features."""
    job = (await api.job(live=live))["id"]
    await report(api, job, "Success")
    if not live:
        await api.make_live(1)
    return int(job)


async def test_feed_has_review_confirmation_and_publication(api: RunningApi) -> None:
    job = await create_job_to_review(api, live=True)
    await act(api, job, "confirm")
    events = (await api.get("/api/events"))["events"]
    assert kinds_and_statuses(events)[1:] == [
        ("api.patch", "Warn"),
        ("job.confirmed", "Success"),
        ("data.published", None),
    ]


async def test_feed_has_review_when_run_becomes_live_and_rejection(api: RunningApi) -> None:
    await act(api, await create_job_to_review(api, live=False), "reject")
    events = (await api.get("/api/events"))["events"]
    assert kinds_and_statuses(events)[1:] == [
        ("api.patch", "Success"),
        ("job.needs_review", "Warn"),
        ("job.rejected", "Fail"),
    ]
    assert events[-1]["error"] == "operator.rejected"


async def test_pages_of_the_feed_follow_the_link_in_either_order(api: RunningApi) -> None:
    await api.post_jobs(await api.run(), {"source": definition(*"abcde")})
    for order in ("asc", "desc"):
        found, path = [], f"/api/events?limit=2&order={order}"
        while path:
            response = await api.client.get(path)
            found += [event["id"] for event in (await response.json())["events"]]
            path = str(response.links["next"]["url"].relative()) if response.links else ""
        assert len(found) == len(set(found)) == 5
        assert found == sorted(found, key=lambda text: [int(part) for part in text.split("-")], reverse=order == "desc")


async def test_feed_filters_by_run_job_and_kind(api: RunningApi) -> None:
    first, second = await api.job(), await api.job()
    await act(api, second["id"], "cancel")
    for query, kinds in {
        f"run={first['run']}": ["job.created"],
        f"job={second['id']}": ["job.created", "api.cancel"],
        "kind=api.cancel,data.published": ["api.cancel"],
    }.items():
        assert [e["kind"] for e in (await api.get(f"/api/events?{query}"))["events"]] == kinds, query
    assert (await api.get(f"/api/run/{second['run']}/events"))["events"][1]["kind"] == "api.cancel"


async def test_feed_delays_an_event_until_older_transactions_have_ended(api: RunningApi) -> None:
    job = await api.job()
    insert = load_queries("jobs.publishing")["record_decision"]
    async with api.database.transaction() as late:
        await late.execute(insert, {"job": job["id"], "kind": "late", "detail": "{}"})
        await api.database.execute(insert, {"job": job["id"], "kind": "early", "detail": "{}"})
        assert [e["kind"] for e in (await api.get("/api/events"))["events"]] == ["job.created"]
    assert [e["kind"] for e in (await api.get("/api/events"))["events"]] == ["job.created", "late", "early"]


async def test_stream_sends_events_with_counts_of_the_run(api: RunningApi) -> None:
    async with open_stream(api.client) as opened:
        job = await api.job()
        event = await opened.next("job")
        assert event.data["job"] == job["id"]
        assert event.data["kind"] == "job.created"
        assert opened.last_id == event.data["id"]
        assert opened.retry_ms
        run = await opened.next("run")
        detailed = await api.get(f"/api/run/{job['run']}")
        assert run.data == {name: value for name, value in detailed.items() if name != "refusals"}


async def test_stream_of_a_run_starts_with_its_counts_and_has_no_other_run(api: RunningApi) -> None:
    run = (await api.job())["run"]
    async with open_stream(api.client, f"/api/run/{run}/events") as opened:
        assert (await opened.next()).data["jobs"]["total"] == 1
        await api.job()
        await api.post_jobs(run, {"source": definition("b")})
        assert (await opened.next("job")).data["run"] == run


async def test_stream_resumes_after_the_last_event_received(api: RunningApi) -> None:
    async with open_stream(api.client) as opened:
        job = await api.job()
        await opened.next("job")
    await act(api, job["id"], "cancel")
    async with open_stream(api.client, last_id=opened.last_id) as again:
        assert (await again.next("job")).data["kind"] == "api.cancel"
        await act(api, job["id"], "rerun")
        assert (await again.next("job")).data["kind"] == "job.rerun"


async def test_stream_after_the_end_of_a_page_misses_nothing(api: RunningApi) -> None:
    await api.job()
    now = (await api.get("/api/events?limit=1"))["now"]
    job = await api.job()
    async with open_stream(api.client, f"/api/events?after={now}") as opened:
        assert (await opened.next("job")).data["job"] == job["id"]


@pytest.mark.parametrize("last_id", ["99999999999-1", "0-0"])
async def test_stream_after_a_foreign_or_too_old_event_is_reset(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch, last_id: str
) -> None:
    monkeypatch.setattr(feed, "MAX_BEHIND", 3)
    await api.post_jobs(await api.run(), {"source": definition(*"abcde")})
    async with open_stream(api.client, last_id=last_id) as opened:
        assert (await opened.next()).name == "reset"
        job = await api.job()
        assert (await opened.next("job")).data["job"] == job["id"]


async def test_start_puts_events_of_another_server_before_all_others(database_url: str) -> None:
    async with running_api(database_url) as api:
        await api.job()
        await api.database.execute("UPDATE job_event SET xid = '99999999999'")
        assert (await api.get("/api/events"))["events"] == []
        await ensure_migrated(api.database)
        await api.job()
        events = (await api.get("/api/events"))["events"]
    assert [event["job"] for event in events] == [1, 2]
    assert events[0]["id"].startswith("0-")


async def test_quiet_stream_sends_comments_and_stays_resumable(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_KEEP_ALIVE_S", 0.05)
    job = await api.job()
    async with open_stream(api.client, "/api/events?run=999") as opened:
        await opened._block()
        first = opened.last_id
        await act(api, job["id"], "cancel")
        async with asyncio.timeout(60):
            while opened.last_id == first:
                await opened._block()
    assert opened.comments


async def test_stream_continues_by_polling_when_its_listening_connection_is_lost(api: RunningApi) -> None:
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'oa-api-events'"
    async with open_stream(api.client) as opened:
        await api.job()
        await opened.next("job")
        assert await api.database.execute(kill + " AND datname = current_database()") == 1
        job = await api.job()
        assert (await opened.next("job")).data["job"] == job["id"]


async def test_stream_ends_when_the_server_stops(api: RunningApi) -> None:
    async with open_stream(api.client) as opened:
        await opened._block()
        await api.client.app[HUB].close()
        with pytest.raises(EOFError):
            await opened.next()


async def test_stream_beyond_the_limit_is_refused(database_url: str) -> None:
    async with running_api(database_url, event_streams=1) as api, open_stream(api.client):
        response = await api.client.get("/api/events", headers={"Accept": "text/event-stream"})
        assert response.status == 503
        assert (await response.json())["code"] == "busy"


async def test_slow_client_is_disconnected_and_resumes(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber, "MAX_WAITING", 2)
    async with open_stream(api.client) as opened:
        await opened._block()
        await api.post_jobs(await api.run(), {"source": definition(*"abcde")})
        with pytest.raises((EOFError, aiohttp.ClientError)):
            await everything(opened)
    monkeypatch.undo()
    async with open_stream(api.client, last_id=opened.last_id) as again:
        received = [(await again.next("job")).data["name"] for _ in range(5)]
    assert received == list("abcde")


async def everything(opened: EventStream) -> None:
    while True:
        await opened.next()


@pytest.mark.parametrize("query", ["after=x", "cursor=1", "limit=0", "limit=1001", "order=up", "run=0", "huh=1"])
async def test_feed_rejects_invalid_queries(api: RunningApi, query: str) -> None:
    assert (await api.client.get(f"/api/events?{query}")).status == 422


async def test_stream_rejects_an_invalid_last_event_id(api: RunningApi) -> None:
    headers = {"Accept": "text/event-stream", "Last-Event-ID": "yesterday"}
    assert (await api.client.get("/api/events", headers=headers)).status == 422
