"""The health grid follows every outcome of a job."""

from typing import Any

import pytest

from support.finished_jobs import GOOD, fail, make_jobs, post, succeed
from support.running_api import RunningApi


async def grid(api: RunningApi, query: str = "") -> dict[str, Any]:
    return {item["source_name"]: item for item in (await api.get(f"/api/health/sources{query}"))["sources"]}


async def changes(api: RunningApi) -> list[tuple[str, str]]:
    rows = await api.database.all("SELECT kind, source_name FROM dataset_health_change ORDER BY id")
    return [(row["kind"], row["source_name"]) for row in rows]


async def test_published_dataset_is_healthy(api: RunningApi) -> None:
    (job,) = await make_jobs(api, "us/ca/a")
    assert (await grid(api))["us/ca/a"]["state"] == "never"
    await succeed(api, job)
    state = (await grid(api))["us/ca/a"]
    assert state["state"] == "healthy"
    assert state["job"] == job
    assert state["published_job"] == job
    assert state["failing_since"] is None
    assert await changes(api) == []


async def test_failed_dataset_is_failing_since_its_first_failure_until_fixed(api: RunningApi) -> None:
    await succeed(api, (await make_jobs(api, "us/ca/a"))[0])
    await fail(api, (await make_jobs(api, "us/ca/a"))[0])
    first = (await grid(api))["us/ca/a"]
    assert first["state"] == "failing"
    assert first["error_code"] == "source.not_found"
    assert first["error_message"] == "gone"
    await fail(api, (await make_jobs(api, "us/ca/a"))[0], "source.empty", "no rows")
    again = (await grid(api))["us/ca/a"]
    assert again["failing_since"] == first["failing_since"]
    assert again["state"] == "failing"
    assert again["error_code"] == "source.empty"
    await succeed(api, (await make_jobs(api, "us/ca/a"))[0])
    assert (await grid(api))["us/ca/a"]["state"] == "healthy"
    assert await changes(api) == [("broke", "us/ca/a"), ("fixed", "us/ca/a")]


async def test_retried_dataset_has_not_failed(api: RunningApi) -> None:
    (job,) = await make_jobs(api, "us/ca/a")
    assert await fail(api, job, "upstream.timeout") == "retried"
    assert (await grid(api))["us/ca/a"]["failing_since"] is None
    assert await changes(api) == []


async def test_dataset_that_needs_review_is_failing_until_confirmed(api: RunningApi) -> None:
    await succeed(api, (await make_jobs(api, "us/ca/a"))[0])
    (job,) = await make_jobs(api, "us/ca/a")
    assert await succeed(api, job, count=10) == "Warn"
    state = (await grid(api))["us/ca/a"]
    assert state["state"] == "failing"
    assert state["status"] == "Warn"
    assert state["error_code"] == "gate.count_dropped"
    await post(api, f"/api/job/{job}/confirm")
    assert (await grid(api))["us/ca/a"]["state"] == "healthy"


async def test_dataset_whose_older_job_ends_late_keeps_the_state_of_the_newer(api: RunningApi) -> None:
    (old,) = await make_jobs(api, "us/ca/a")
    (new,) = await make_jobs(api, "us/ca/a")
    await succeed(api, new)
    await fail(api, old)
    assert (await grid(api))["us/ca/a"]["state"] == "healthy"


async def test_dataset_of_a_trial_run_appears_when_the_run_becomes_live(api: RunningApi) -> None:
    (job,) = await make_jobs(api, "us/ca/a", live=False)
    await succeed(api, job)
    assert await grid(api) == {}
    run = (await api.get(f"/api/job/{job}"))["run"]
    await api.make_live(run)
    assert (await grid(api))["us/ca/a"]["state"] == "healthy"


async def test_dataset_published_long_ago_is_stale(api: RunningApi) -> None:
    await succeed(api, (await make_jobs(api, "us/ca/a"))[0])
    await api.database.execute("UPDATE data SET updated_at = now() - interval '20 days'")
    assert (await grid(api))["us/ca/a"]["state"] == "healthy"
    assert (await grid(api, "?stale_days=10"))["us/ca/a"]["state"] == "stale"


async def test_grid_filters_counts_and_pages(api: RunningApi) -> None:
    names = ["at/x", "us/ca/a", "us/ca/b", "us/ny/c", "us_x/y/z"]
    jobs = await make_jobs(api, *names)
    await succeed(api, jobs[0])
    for job in jobs[1:3]:
        await fail(api, job)
    full_grid = await api.get("/api/health/sources")
    assert [item["source_name"] for item in full_grid["sources"]] == names
    assert full_grid["counts"] == {"healthy": 1, "stale": 0, "failing": 0, "never": 4}
    assert [(group["country"], group["region"], group["total"]) for group in full_grid["groups"]] == [
        ("at", "", 1),
        ("us", "ca", 2),
        ("us", "ny", 1),
        ("us_x", "y", 1),
    ]
    assert list(await grid(api, "?state=healthy,stale")) == ["at/x"]
    assert list(await grid(api, "?prefix=us/ca/")) == ["us/ca/a", "us/ca/b"]
    assert list(await grid(api, "?prefix=us_")) == ["us_x/y/z"]
    assert list(await grid(api, "?layer=parcels")) == []
    response = await api.client.get("/api/health/sources?limit=2")
    following = response.links["next"]["url"]
    seen = [item["source_name"] for item in (await response.json())["sources"]]
    while following:
        response = await api.client.get(following.relative())
        seen += [item["source_name"] for item in (await response.json())["sources"]]
        following = response.links["next"]["url"] if response.links else None
    assert seen == names


@pytest.mark.parametrize("query", ["?state=ill", "?cursor=a", "?cursor=a%20b", "?stale_days=0", "?layer=roads", "?x=1"])
async def test_invalid_filter_of_the_grid_is_refused(api: RunningApi, query: str) -> None:
    assert (await api.client.get(f"/api/health/sources{query}")).status == 422


async def test_statistics_have_phases_throughput_and_cost_of_a_run(api: RunningApi) -> None:
    jobs = await make_jobs(api, "us/a", "us/b", "us/c")
    for job in jobs[:2]:
        await succeed(api, job, seconds={"read": 2.0, "write": 3.0})
    await api.database.execute(
        "UPDATE job SET submitted_at = opened_at + interval '10 s', started_at = opened_at + interval '15 s',"
        " ended_at = opened_at + interval '75 s' WHERE rank = 9"
    )
    await api.database.execute("UPDATE job_attempt SET started_at = ended_at - interval '1 hour'")
    run = (await api.get(f"/api/job/{jobs[0]}"))["run"]
    statistics = await api.get(f"/api/statistics?run={run}")
    assert {item["phase"]: (item["jobs"], item["median_s"]) for item in statistics["phases"]} == {
        "queued": (2, 10),
        "starting": (2, 5),
        "working": (2, 60),
        "working: read": (2, 2),
        "working: write": (2, 3),
    }
    assert [(item["status"], item["jobs"]) for item in statistics["backlog"]] == [("Pending", 1)]
    assert statistics["throughput"]["jobs"] == 2
    assert statistics["throughput"]["features"] == 2 * GOOD["count"]
    assert statistics["throughput"]["jobs_an_hour"] == pytest.approx(120, rel=0.01)
    one = 0.04048 + 4 * 0.004445
    assert statistics["cost"]["total"] == pytest.approx(2 * one, rel=0.01)
    assert (await api.get(f"/api/job/{jobs[0]}/cost"))["total"] == pytest.approx(one, rel=0.01)
    all_runs = await api.get("/api/statistics")
    assert all_runs["throughput"]["jobs"] == 2
    assert all_runs["cost"] is None


async def test_statistics_without_jobs_are_empty(api: RunningApi) -> None:
    statistics = await api.get("/api/statistics")
    assert statistics["backlog"] == []
    assert statistics["phases"] == []
    assert statistics["throughput"]["jobs_an_hour"] is None
    assert (await api.client.get("/api/statistics?run=9")).status == 404
    assert (await api.client.get("/api/job/9/cost")).status == 404
