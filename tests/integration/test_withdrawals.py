"""Datasets that an admin retires, deletes or restores."""

from typing import Any

import pytest

from oa_api.schedules.cleanup_task import CleanupTask
from oa_api.schedules.worker import schedule_once
from oa_shared.schedule_types import ScheduleType
from support.product_jobs import build, files, publish, request
from support.running_api import RunningApi

_PARQUET = "/latest/us/ne/lancaster/addresses/city/source.parquet"


async def _change(api: RunningApi, action: str, reason: str = "the county asked for it") -> tuple[int, Any]:
    return await request(api, "POST", "/api/data/1/state", {"action": action, "reason": reason})


async def _latest(api: RunningApi) -> int:
    return (await api.client.get(_PARQUET, allow_redirects=False)).status


async def _count_listed(api: RunningApi) -> dict[str, int]:
    """Return how many datasets each list has."""
    places = await (await api.client.get("/api/data/places")).json(content_type=None)
    map_places = await (await api.client.get("/map/places.json")).json(content_type=None)
    source = '<a href="/sources/us/ne/lancaster">'
    search = await (await api.client.get("/search?q=lancaster+us")).text()
    return {
        "data": len((await api.get("/api/data"))["data"]),
        "sources": len((await api.get("/api/sources"))["sources"]),
        "places": len(places["features"]),
        "map": len(map_places["features"]),
        "list below the map": (await (await api.client.get("/map")).text()).count(source),
        "page of sources": (await (await api.client.get("/data")).text()).count(source),
        "facets": (await (await api.client.get("/data")).text()).count('href="/data?source=us/"'),
        "tree": (await (await api.client.get("/sources")).text()).count('href="/sources/us/"'),
        "search": search.count(f'<th scope="row" data-label="Source">{source}'),
        "attribution": len((await api.get("/api/attribution?format=json"))["datasets"]),
        "licenses": len((await api.get("/api/licenses"))["licenses"]),
        "sitemap": (await (await api.client.get("/sitemap.xml")).text()).count("/data/"),
    }


async def _write(api: RunningApi, job: int) -> None:
    for about in files(job, "source.parquet", "source.geojson.gz", "manifest.json").values():
        await api.storage.put_bytes(about["key"], b"x")


async def test_retired_dataset_leaves_every_list_and_keeps_its_files(api: RunningApi) -> None:
    job = await publish(api, "us/ne/lancaster")
    await _write(api, job)
    assert set((await _count_listed(api)).values()) == {1}
    assert await _latest(api) == 302
    assert await _change(api, "retire") == (200, {"data": 1, "state": "retired"})
    assert set((await _count_listed(api)).values()) == {0}
    assert await _latest(api) == 410
    page = await api.client.get(_PARQUET, headers={"Accept": "text/html"})
    assert 'href="/data/1"' in (await page.text()).partition("<main")[2]
    dataset = await api.get("/api/data/1")
    assert dataset["state"] == "retired"
    assert {(await api.client.get(file["url"])).status for file in dataset["files"]} == {200}
    status, _ = await request(api, "POST", "/api/export", {"format": "csv", "source": "us/ne"})
    assert status == 422, "no product contains it"
    assert (await api.client.post("/api/data/1/conversions", json={"format": "csv"})).status == 410
    page = await (await api.client.get("/data/1")).text()
    assert "This dataset is retired" in page
    assert "the county asked for it" in page
    feed = await (await api.client.get("/data/feed.atom")).text()
    assert feed.index("Retired: us/ne/lancaster") < feed.index("publication/1")
    _, audit = await request(api, "GET", "/api/audit?action=data.retire")
    (entry,) = audit["entries"]
    assert (entry["subject"], entry["reason"]) == ("data/1", "the county asked for it")


async def test_result_for_a_retired_dataset_is_not_published_until_it_is_restored(api: RunningApi) -> None:
    first = await publish(api, "us/ne/lancaster")
    await _change(api, "retire")
    second = await publish(api, "us/ne/lancaster")
    assert (await api.get("/api/data/1"))["job"] == first
    events = (await api.get(f"/api/job/{second}"))["events"]
    assert [event["detail"] for event in events if event["kind"] == "data.withheld"] == [{"dataset": "retired"}]
    assert await _change(api, "restore") == (200, {"data": 1, "state": "published"})
    assert await _latest(api) == 302
    third = await publish(api, "us/ne/lancaster")
    assert (await api.get("/api/data/1"))["job"] == third
    assert "Restored" in await (await api.client.get("/data/feed.atom")).text()


async def test_deleted_dataset_has_no_files_and_the_cleanup_removes_its_objects(api: RunningApi) -> None:
    jobs = [await publish(api, "us/ne/lancaster") for _ in range(2)]
    for job in jobs:
        await _write(api, job)
    conversion = await (await api.client.post("/api/data/1/conversions", json={"format": "csv"})).json()
    await build(api, conversion["job"], "export.csv.gz")
    other = await publish(api, "us/ne/douglas")
    await _write(api, other)
    await _change(api, "retire")
    assert (await _change(api, "delete"))[1]["state"] == "deleted"
    for job, file in [*((job, "source.parquet") for job in jobs), (conversion["job"], "export.csv.gz")]:
        response = await api.client.get(f"/api/job/{job}/output/{file}")
        assert response.status == 410
        assert "with its dataset" in (await response.json())["detail"]
    assert (await api.get("/api/data/1"))["files"][0]["url"] is None
    await request(api, "POST", "/api/cleanup", {"dry_run": False})
    assert await schedule_once(api.database, {ScheduleType.CLEANUP: CleanupTask(api.database, api.storage)})
    left = [item.key async for item in api.storage.list_objects("job/") if "/attempt-1/s" in item.key]
    assert sorted(left) == sorted(
        about["key"] for about in files(other, "source.parquet", "source.geojson.gz").values()
    )


async def test_deleted_dataset_is_published_again_only_after_it_is_restored(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    await _change(api, "retire")
    await _change(api, "delete")
    await publish(api, "us/ne/lancaster")
    assert (await api.get("/api/data/1"))["state"] == "deleted"
    assert (await _change(api, "restore"))[1]["state"] == "reopened"
    assert await _latest(api) == 410
    assert (await api.get("/api/data"))["data"] == []
    job = await publish(api, "us/ne/lancaster")
    dataset = await api.get("/api/data/1")
    assert (dataset["state"], dataset["job"]) == ("published", job)
    assert await _latest(api) == 302


async def test_files_that_a_product_reads_are_not_deleted(api: RunningApi) -> None:
    job = await publish(api, "us/ne/lancaster")
    _, export = await request(api, "POST", "/api/export", {"format": "csv", "job": job})
    await _change(api, "retire")
    status, problem = await _change(api, "delete")
    assert status == 409
    assert f"job {export['job']} reads" in problem["detail"]
    assert await api.count("file_deletion") == 0
    await build(api, export["job"], "export.csv.gz")
    assert (await _change(api, "delete"))[0] == 200


@pytest.mark.parametrize(("before", "action"), [((), "delete"), ((), "restore"), (("retire",), "retire")])
async def test_action_that_does_not_apply_is_refused(api: RunningApi, before: tuple[str, ...], action: str) -> None:
    await publish(api, "us/ne/lancaster")
    for earlier in before:
        await _change(api, earlier)
    assert (await _change(api, action))[0] == 409
    assert await api.count("withdrawal") == len(before)


async def test_withdrawal_without_a_reason_is_refused(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    assert (await _change(api, "retire", reason=""))[0] == 422
    assert (await api.client.post("/api/data/1/state", json={"action": "retire", "reason": "x"})).status == 401


async def test_every_page_of_the_feed_together_has_each_withdrawal_once(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oa_api.datasets.feed_api.ENTRIES", 2)
    await publish(api, "us/ne/lancaster")
    await _change(api, "retire")
    await publish(api, "us/ne/douglas")
    await publish(api, "us/ne/dodge")
    await _change(api, "restore")
    await publish(api, "us/ne/burt")
    pages, path = [], "/data/feed.atom"
    while path:
        text = await (await api.client.get(path)).text()
        pages.append(text)
        path = text.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&").partition("/data/")[2]
        path = f"/data/{path}" if path else ""
    titles = [part.partition("<")[0] for page in pages for part in page.split("<title>")[2:]]
    assert [title.split()[0] for title in titles] == [
        *("us/ne/burt", "Restored:", "us/ne/dodge", "us/ne/douglas", "Retired:", "us/ne/lancaster"),
    ]
