"""GET /api/sources: sources with their definitions, entries and published versions."""

import re
from typing import Any

from oa_shared.status import JobStatus
from support.finished_jobs import fail, make_jobs
from support.publishing import make_job, publish, report_status
from support.running_api import INTERNAL, RunningApi, definition

_ORIGIN = {"sha": "0a1b2c3d4e", "repository": "example/sources"}


async def _fill(api: RunningApi) -> dict[str, Any]:
    """Publish two sources, one of which fails since; add one that was never published."""
    await publish(api, "fr/paris", makes={"count": 900})
    published = await publish(api, "us/ca/berkeley", github=_ORIGIN, makes={"count": 50})
    newer = await make_job(api, "us/ca/berkeley", github=_ORIGIN)
    await report_status(api.database, newer, JobStatus.FAIL, error={"code": "source.not_found", "message": "gone"})
    (never,) = await make_jobs(api, "us/ca/oakland")
    await fail(api, never)
    return {"published": published["id"], "newer": newer["id"], "never": never}


async def _names(api: RunningApi, query: str) -> list[str]:
    return [source["source_name"] for source in (await api.get(f"/api/sources?{query}"))["sources"]]


async def test_sources_are_listed_with_entries_and_their_state(api: RunningApi) -> None:
    jobs = await _fill(api)
    answer = await api.get("/api/sources")
    assert answer["total"] == 3
    paris, berkeley, oakland = answer["sources"]
    assert [source["source_name"] for source in answer["sources"]] == ["fr/paris", "us/ca/berkeley", "us/ca/oakland"]
    assert (paris["published"], paris["failing"], paris["features"], paris["failing_since"]) == (1, 0, 900, None)
    (entry,) = berkeley["entries"]
    assert (entry["state"], entry["job"], entry["published_job"]) == ("failing", jobs["newer"], jobs["published"])
    assert (entry["code"], entry["error"], entry["status"]) == ("source.not_found", "gone", "Fail")
    assert berkeley["failing_since"] == entry["failing_since"]
    assert entry["failing_since"]
    assert (await api.get(entry["history"]))["publications"][0]["job"] == jobs["published"]
    assert berkeley["definition"]["commit"] == "https://github.com/example/sources/commit/0a1b2c3d4e"
    assert berkeley["definition"]["file"].endswith("/blob/0a1b2c3d4e/sources/us/ca/berkeley.json")
    assert (await api.client.get(berkeley["definition"]["text"])).status == 200
    assert (await api.client.get(berkeley["page"])).status == 200
    (entry,) = oakland["entries"]
    assert (entry["state"], entry["data"], entry["history"], entry["count"]) == ("never", None, None, None)


async def test_filters_select_by_prefix_text_and_state(api: RunningApi) -> None:
    await _fill(api)
    assert await _names(api, "source=us/ca/") == ["us/ca/berkeley", "us/ca/oakland"]
    assert await _names(api, "source=us/ca") == []
    assert await _names(api, "source=fr/paris") == ["fr/paris"]
    assert await _names(api, "q=BERK") == ["us/ca/berkeley"]
    assert await _names(api, "state=never") == ["us/ca/oakland"]
    assert await _names(api, "state=failing&source=us/") == ["us/ca/berkeley", "us/ca/oakland"]
    assert await _names(api, "sort=count") == ["fr/paris", "us/ca/berkeley", "us/ca/oakland"]
    assert (await api.client.get("/api/sources?state=lost")).status == 422


async def test_every_page_together_has_each_source_once(api: RunningApi) -> None:
    for name in "dbace":
        await publish(api, f"xx/{name}")
    seen, path = [], "/api/sources?limit=2"
    while path:
        response = await api.client.get(path)
        seen += [source["source_name"] for source in (await response.json())["sources"]]
        link = re.search(r'<([^>]+)>; rel="next"', response.headers.get("Link", ""))
        path = link[1] if link else ""
    assert seen == [f"xx/{name}" for name in "abcde"]


async def test_one_source_has_its_versions_and_retired_datasets(api: RunningApi) -> None:
    jobs = await _fill(api)
    source = await api.get("/api/sources/us/ca/berkeley")
    assert [version["job"] for version in source["publications"]] == [jobs["published"]]
    assert source["withdrawn"] == []
    data = source["entries"][0]["data"]
    await api.client.post(f"/api/data/{data}/state", json={"action": "retire", "reason": "old"}, headers=INTERNAL)
    source = await api.get("/api/sources/us/ca/berkeley")
    assert source["withdrawn"] == [{"data": data, "layer": "addresses", "name": "city", "state": "retired"}]
    assert source["entries"] == []
    assert source["definition"]["job"] == jobs["newer"]
    page = await (await api.client.get("/sources/us/ca/berkeley")).text()
    assert f'<a href="/data/{data}">addresses city</a>' in page, "an admin finds it to restore it"
    assert "No live run has included this source." not in page


async def test_source_of_trial_runs_has_no_entries(api: RunningApi) -> None:
    _, answer = await api.post_jobs(await api.run(), {"source": definition("city"), "source_name": "xx/trial"})
    source = await api.get("/api/sources/xx/trial")
    assert (source["entries"], source["publications"]) == ([], [])
    assert source["definition"]["job"] == answer["jobs"][0]
    assert await _names(api, "q=trial") == []


async def test_name_of_no_source_is_not_found(api: RunningApi) -> None:
    await _fill(api)
    response = await api.client.get("/api/sources/us/ca")
    assert response.status == 404
    assert "GET /api/sources?source=us/ca/" in (await response.json())["detail"]
    assert (await api.client.get("/api/sources/zz")).status == 404
    response = await api.client.get("/api/sources")
    tag = {"If-None-Match": response.headers["ETag"]}
    assert (await api.client.get("/api/sources", headers=tag)).status == 304
