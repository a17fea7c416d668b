"""Lists: filters, orders, pages, totals."""

from typing import Any

import pytest

from support.running_api import INTERNAL, RunningApi, definition

STATUSES = ("Pending", "Submitted", "Running", "Success", "Warn", "Fail", "Canceled")


async def fill(api: RunningApi) -> list[dict[str, Any]]:
    """Create 3 runs with 5, 3 and 0 jobs; the first is live and has a failed and a canceled job."""
    first, second, _ = await api.run(live=True), await api.run(), await api.run()
    await api.post_jobs(first, {"source": definition(*"abcde"), "source_name": "xx/first"})
    await api.post_jobs(second, {"source": definition(*"abc"), "source_name": "xx/second"})
    jobs = (await api.get("/api/job?order=asc&limit=100", **INTERNAL))["jobs"]
    fail = {"status": "Fail", "attempt": 1, "token": jobs[0]["token"], "code": "source.not_found"}
    await api.client.patch(f"/api/job/{jobs[0]['id']}", json=fail, headers=INTERNAL)
    await api.client.post(f"/api/job/{jobs[1]['id']}/cancel", headers=INTERNAL)
    return list(jobs)


async def walk(api: RunningApi, path: str, name: str) -> list[int]:
    """Follow the Link headers and return the listed IDs."""
    seen: list[int] = []
    while path:
        response = await api.client.get(path)
        seen += [item["id"] for item in (await response.json())[name]]
        following = response.links.get("next")
        path = str(following["url"].relative()) if following else ""
    return seen


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["id", "created_at"])
@pytest.mark.parametrize(("path", "name"), [("/api/job", "jobs"), ("/api/run", "runs")])
async def test_list_followed_by_links_shows_each_item_once_in_order(
    api: RunningApi, path: str, name: str, sort: str, order: str
) -> None:
    await fill(api)
    seen = await walk(api, f"{path}?limit=2&sort={sort}&order={order}", name)
    expected = sorted(seen, reverse=order == "desc")
    assert seen == expected
    assert len(set(seen)) == await api.count(path.removeprefix("/api/"))


async def test_list_jobs_by_page_links_both_ways(api: RunningApi) -> None:
    await fill(api)
    response = await api.client.get("/api/job?limit=3&page=1")
    assert [job["id"] for job in (await response.json())["jobs"]] == [5, 4, 3]
    assert response.links["prev"]["url"].query["page"] == "0"
    assert "page" not in response.links["next"]["url"].query


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("", 8),
        ("run=1", 5),
        ("run=3", 0),
        ("status=Fail", 1),
        ("status=Fail,Canceled", 2),
        ("status=Pending&run=1", 3),
        ("source=xx/second", 3),
        ("source=xx", 0),
        ("layer=addresses", 8),
        ("layer=parcels", 0),
        ("live=true", 5),
        ("live=false", 3),
        ("after=2000-01-01T00:00:00Z", 8),
        ("before=2000-01-01T00:00:00Z", 0),
        ("after=2000-01-01T00:00:00Z&before=2999-01-01T00:00:00%2B02:00&live=true&status=Fail&layer=addresses", 1),
    ],
)
async def test_list_jobs_with_a_filter_has_its_rows_and_total(api: RunningApi, query: str, total: int) -> None:
    await fill(api)
    answer = await api.get(f"/api/job?{query}")
    assert answer["total"] == total
    assert answer["total_is_estimate"] is False
    assert len(answer["jobs"]) == total


@pytest.mark.parametrize(
    ("query", "runs"),
    [
        ("", [3, 2, 1]),
        ("run=2", [2]),
        ("live=true", [1]),
        ("status=Fail", [1]),
        ("status=Fail,Submitted", [1]),
        ("status=Running", [2, 1]),
        ("status=Ended", []),
        ("status=Pending", [3, 2, 1]),
        ("status=Success", []),
        ("before=2000-01-01T00:00:00Z", []),
    ],
)
async def test_list_runs_with_a_filter_has_its_rows_and_total(api: RunningApi, query: str, runs: list[int]) -> None:
    await fill(api)
    answer = await api.get(f"/api/run?{query}")
    assert [run["id"] for run in answer["runs"]] == runs
    assert answer["total"] == len(runs)


async def test_list_of_more_rows_than_the_count_limit_has_an_estimate(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oa_api.db.counting.COUNTED_ROWS", 4)
    await fill(api)
    answer = await api.get("/api/job?layer=addresses&limit=100")
    assert answer["total"] == 4
    assert answer["total_is_estimate"] is True
    assert len(answer["jobs"]) == 8


@pytest.mark.parametrize("path", ["/api/run/1/count", "/api/run/1/jobs/count"])
async def test_count_of_a_run_has_every_status(api: RunningApi, path: str) -> None:
    await fill(api)
    answer = await api.get(path)
    assert answer == {
        "run": 1,
        "status": "Running",
        "count": {**dict.fromkeys(STATUSES, 0), "Pending": 3, "Fail": 1, "Canceled": 1, "total": 5},
    }


async def test_run_without_open_jobs_has_ended(api: RunningApi) -> None:
    await fill(api)
    for job in (3, 4, 5):
        await api.client.post(f"/api/job/{job}/cancel", headers=INTERNAL)
    run = await api.get("/api/run/1")
    assert run["status"] == "Ended"
    assert run["jobs"]["Canceled"] == 4
    assert [found["id"] for found in (await api.get("/api/run?status=Ended"))["runs"]] == [1]


async def test_list_jobs_of_a_run_shows_only_its_own(api: RunningApi) -> None:
    jobs = await fill(api)
    answer = await api.get("/api/run/2/jobs?order=asc")
    assert [job["id"] for job in answer["jobs"]] == [job["id"] for job in jobs if job["run"] == 2]
    assert answer["total"] == 3


async def test_times_are_rfc_3339_in_utc(api: RunningApi) -> None:
    job = await api.job()
    assert job["created_at"].endswith("Z")
    assert job["ended_at"] is None
