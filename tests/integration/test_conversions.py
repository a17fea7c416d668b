"""Conversions of published results: one job for each publication and format, kept and deleted with its publication."""

import asyncio
import html
import re
from typing import Any

import pytest

from oa_api.identity.rate_limit import RequestLimits
from oa_api.schedules.cleanup_task import CleanupTask
from oa_api.schedules.worker import schedule_once
from oa_shared.schedule_types import ScheduleType
from oa_shared.status import JobStatus
from support.product_jobs import build, end, plan_of, publish, request
from support.running_api import RunningApi, running_api

# A crawl of three datasets with all filters that pages link to ends before this.
_MOST_PAGES = 1_500
_CSV = "/latest/us/ne/lancaster/addresses/city/source.csv.gz"


async def _convert(api: RunningApi, format_: str = "csv", *, data: int = 1) -> tuple[int, Any]:
    """Request a conversion without an account."""
    response = await api.client.post(f"/api/data/{data}/conversions", json={"format": format_})
    return response.status, await response.json()


async def _conversion(api: RunningApi, format_: str = "csv") -> Any:
    conversions = (await api.get("/api/data/1/conversions"))["conversions"]
    return next(item for item in conversions if item["format"] == format_)


async def _get(api: RunningApi, path: str, method: str = "GET") -> Any:
    return await api.client.request(method, path, allow_redirects=False)


@pytest.mark.parametrize(("format_", "file"), [("csv", "export.csv.gz"), ("gpkg", "export.gpkg")])
async def test_conversion_without_an_account_has_a_permanent_file(api: RunningApi, format_: str, file: str) -> None:
    job = await publish(api, "us/ne/lancaster")
    assert (await _conversion(api, format_))["state"] == "available"
    status, started = await _convert(api, format_)
    assert status == 200
    assert started["state"] == "preparing"
    assert started["wait_s"] > 0
    plan = await plan_of(api, started["job"])
    assert plan["kind"] == "export"
    assert plan["formats"] == [format_]
    assert [item["job"] for item in plan["inputs"]] == [job]
    assert await build(api, started["job"], file, "ATTRIBUTION.txt") == "Success"
    ready = await _conversion(api, format_)
    assert ready["state"] == "ready"
    assert ready["url"] == f"/api/job/{started['job']}/output/{file}?attempt=1"
    latest = await _get(api, f"/latest/us/ne/lancaster/addresses/city/{ready['file']}")
    assert latest.status == 302
    assert latest.headers["Location"] == ready["url"]
    sent = await api.client.get(ready["url"])
    assert await sent.text() == f"made by job {started['job']}"
    saved = f"us-ne-lancaster-addresses-city.{file.removeprefix('export.')}"
    assert sent.headers["Content-Disposition"] == f'attachment; filename="{saved}"'
    assert await _convert(api, format_) == (200, ready)
    _, audit = await request(api, "GET", "/api/audit?action=conversion.start")
    (entry,) = audit["entries"]
    assert entry["actor"] == "anonymous"
    assert entry["subject"] == "data/1"


async def test_conversion_requested_many_times_at_once_is_started_once(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    answers = await asyncio.gather(*(_convert(api) for _ in range(8)))
    assert {status for status, _ in answers} == {200}
    assert len({answer["job"] for _, answer in answers}) == 1
    assert await api.count("conversion") == 1
    assert len((await api.get("/api/job?kind=export"))["jobs"]) == 1


async def test_get_of_the_latest_file_starts_the_conversion_and_head_does_not(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    assert (await _get(api, _CSV, "HEAD")).status == 503
    assert await api.count("conversion") == 0
    for _ in range(2):
        response = await _get(api, _CSV)
        assert response.status == 503
        assert int(response.headers["Retry-After"]) > 0
        assert (await response.json())["code"] == "preparing"
    assert await api.count("conversion") == 1


@pytest.mark.parametrize(
    "purpose", [("Sec-Purpose", "prefetch;prerender"), ("Purpose", "prefetch"), ("X-Moz", "prefetch")]
)
async def test_request_ahead_of_a_click_starts_nothing(api: RunningApi, purpose: tuple[str, str]) -> None:
    await publish(api, "us/ne/lancaster")
    response = await api.client.get(_CSV, headers=dict([purpose]), allow_redirects=False)
    assert response.status == 503
    assert "a GET of this URL starts it" in (await response.json())["detail"]
    assert await api.count("conversion") == 0


async def test_crawler_that_follows_every_link_starts_no_conversion(api: RunningApi) -> None:
    """It reads no robots.txt, follows links whatever their `rel`, and addresses in feeds and in JSON."""
    for source in ("us/ne/lancaster", "us/ne/douglas", "de/nw/koeln"):
        await publish(api, source)
    seen: set[str] = set()
    waiting = [
        "/",
        "/data",
        "/map",
        "/sources",
        "/sitemap.xml",
        "/data/feed.atom",
        "/api/data?fields=all",
        "/api/sources",
    ]
    while waiting:
        path = waiting.pop()
        response = await api.client.get(path, headers={"Accept": "text/html"}, allow_redirects=False)
        assert response.status != 429, "the crawl is not cut short by a limit"
        text = (await response.read()).decode(errors="replace")
        seen.add(path)
        for link in {
            _path_of(link) for link in re.findall(r'(?:href|src|content)="([^"]+)"|"(/[^"]*)"|<loc>([^<]+)', text)
        }:
            is_new = link.startswith("/") and link not in seen and link not in waiting
            if is_new and not link.startswith(("/static", "/sign-in", "/api/events", "/docs")):
                waiting.append(link)
        assert len(seen) < _MOST_PAGES
    assert {"/data/1", "/data/2", "/data/3"} <= seen
    assert any(path.startswith("/latest/") for path in seen), "a crawler finds the files of results"
    assert await api.count("conversion") == 0


def _path_of(found: tuple[str, ...]) -> str:
    url = html.unescape("".join(found)).partition("#")[0]
    return re.sub(r"^https?://[^/]+", "", url)


async def test_failed_conversion_states_its_reason_and_can_be_started_again_later(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    _, started = await _convert(api)
    await end(api, started["job"], status=JobStatus.FAIL, error={"code": "source.format", "message": "no table"})
    failed = await _conversion(api)
    assert failed["state"] == "failed"
    assert "no table" in failed["reason"]
    assert failed["wait_s"] > 0
    status, problem = await _convert(api)
    assert status == 409
    assert "no table" in problem["detail"]
    assert (await _get(api, _CSV)).status == 404
    page = await (await api.client.get("/data/1")).text()
    assert "no table" in page
    assert f'href="/jobs/{started["job"]}"' in page
    await api.database.execute("UPDATE job SET ended_at = ended_at - interval '1 hour'")
    status, again = await _convert(api)
    assert status == 200
    assert again["state"] == "preparing"
    assert again["job"] != started["job"]
    assert await build(api, again["job"], "export.csv.gz") == "Success"
    assert (await _conversion(api))["state"] == "ready"


@pytest.mark.parametrize("names", [(), ("ATTRIBUTION.txt",)])
async def test_job_that_leaves_no_file_counts_as_failed(api: RunningApi, names: tuple[str, ...]) -> None:
    await publish(api, "us/ne/lancaster")
    _, started = await _convert(api)
    assert await build(api, started["job"], *names) == "Success"
    assert (await _conversion(api))["state"] == "failed"
    await api.database.execute("UPDATE job SET ended_at = ended_at - interval '1 hour'")
    assert (await _convert(api))[1]["job"] != started["job"]


async def test_superseded_publication_keeps_its_conversion_and_the_newer_one_gets_its_own(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    _, first = await _convert(api)
    await build(api, first["job"], "export.csv.gz")
    old = await _conversion(api)
    await publish(api, "us/ne/lancaster")
    assert (await _conversion(api))["state"] == "available"
    assert (await _get(api, _CSV)).status == 503, "the file of the former version is not the latest one"
    assert (await api.client.get(old["url"])).status == 200
    assert old["url"] in await (await api.client.get("/data/1")).text()
    assert (await _conversion(api))["job"] != first["job"]


async def test_file_of_a_conversion_stays_while_its_job_runs_again(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    _, started = await _convert(api)
    await build(api, started["job"], "export.csv.gz")
    ready = await _conversion(api)
    assert (await request(api, "POST", f"/api/job/{started['job']}/rerun", {}))[0] == 200
    assert await _conversion(api) == ready
    assert (await api.client.get(ready["url"])).status == 200


async def test_too_large_dataset_is_not_converted(database_url: str) -> None:
    async with running_api(database_url, conversion_features=999) as api:
        await publish(api, "us/ne/lancaster")
        refused = await _conversion(api)
        assert refused["state"] == "refused"
        assert "1,000 features exceed the limit of 999" in refused["reason"]
        assert (await _convert(api))[0] == 409
        assert (await _get(api, _CSV)).status == 404
        assert await api.count("job") == 1


async def test_result_without_geoparquet_is_not_converted(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster", with_parquet=False)
    assert (await _conversion(api))["state"] == "refused"
    status, problem = await _convert(api)
    assert status == 409
    assert "source.parquet" in problem["detail"]


async def test_conversions_at_the_same_time_are_limited(database_url: str) -> None:
    async with running_api(database_url, conversions_at_once=1) as api:
        await publish(api, "us/ne/lancaster")
        _, started = await _convert(api)
        status, problem = await _convert(api, "gpkg")
        assert status == 503
        assert problem["code"] == "busy"
        assert (await _convert(api))[1]["job"] == started["job"]
        await build(api, started["job"], "export.csv.gz")
        assert (await _convert(api, "gpkg"))[0] == 200


async def test_client_that_starts_too_many_conversions_is_limited(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr(RequestLimits, "consume_conversion", lambda _, request: started.append(request))
    async with running_api(database_url) as api:
        await publish(api, "us/ne/lancaster")
        await _convert(api)
        await _convert(api)
        await api.get("/api/data/1/conversions")
    assert len(started) == 1, "only a start counts"
    monkeypatch.undo()
    async with running_api(database_url, unlimited_networks=(), conversions_at_once=100) as api:
        answers = []
        for place in range(31):
            await publish(api, f"us/ne/{place}")
            data = (await api.get(f"/api/data?source=us/ne/{place}"))["data"][0]["id"]
            answers.append((await _convert(api, data=data))[0])
    assert answers == [200] * 30 + [429]


async def test_conversion_is_deleted_after_its_publication_and_not_before(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    _, first = await _convert(api)
    await build(api, first["job"], "export.csv.gz")
    old = await _conversion(api)
    for _ in range(4):
        await publish(api, "us/ne/lancaster")
    await _clean(api, days=80)
    assert (await api.client.get(old["url"])).status == 200, "as old as an unpublished result may become"
    await _clean(api, days=20)
    assert (await api.client.get(old["url"])).status == 200
    await _clean(api, days=2)
    assert (await api.client.get(old["url"])).status == 410
    assert not [item.key async for item in api.storage.list_objects(f"job/{first['job']}/attempt-1/export")]


async def _clean(api: RunningApi, *, days: int) -> None:
    """Let some days pass, then clean up."""
    for table, column in (
        ("publication", "published_at"),
        ("job", "ended_at"),
        ("job_attempt", "ended_at"),
        ("file_deletion", "marked_at"),
    ):
        await api.database.execute(f"UPDATE {table} SET {column} = {column} - make_interval(days => {days})")  # noqa: S608 - our own names
    await request(api, "POST", "/api/cleanup", {"dry_run": False})
    assert await schedule_once(api.database, {ScheduleType.CLEANUP: CleanupTask(api.database, api.storage)})
    await api.database.execute("DELETE FROM schedule_run")
