"""Failures by their cause, and jobs that need review."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oa_api.jobs.results import apply_status
from oa_shared.messages import StatusMessage
from oa_shared.status import JobStatus
from support.running_api import INTERNAL, RunningApi, definition

FAIL = """
UPDATE job SET status = 'Fail', rank = 9, ended_at = now() - %(ago)s::interval, error_code = %(code)s,
               error_message = 'it said ' || id
WHERE id = ANY(%(jobs)s)
"""
FAIL_ATTEMPT = """
UPDATE job_attempt SET status = 'Fail', ended_at = now() - %(ago)s::interval, error_code = %(code)s
WHERE job_id = ANY(%(jobs)s)
"""


async def fail_jobs(
    api: RunningApi, code: str, *names: str, source: str = "xx/a", ago: str = "0", **run: Any
) -> list[int]:
    """Create a run of jobs that failed with a code at an earlier time, and return their IDs."""
    _, answer = await api.post_jobs(await api.run(**run), {"source": definition(*names), "source_name": source})
    for statement in (FAIL, FAIL_ATTEMPT):
        await api.database.execute(statement, {"jobs": answer["jobs"], "code": code, "ago": ago})
    return list(answer["jobs"])


async def causes(api: RunningApi, query: str = "") -> list[dict[str, Any]]:
    return list((await api.get(f"/api/failure?{query}"))["failures"])


async def test_failures_are_grouped_by_code_largest_first_with_title_and_examples(api: RunningApi) -> None:
    await fail_jobs(api, "source.not_found", "a")
    jobs = await fail_jobs(api, "upstream.timeout", *"abcde")
    (other,) = await fail_jobs(api, "upstream.timeout", "a", source="xx/b")
    first, second = await causes(api)
    assert first["key"] == "upstream.timeout"
    assert first["jobs"] == 6
    assert first["sources"] == 2
    assert first["title"] == "The server took too long."
    assert first["rerun_helps"] is True
    assert [example["job"] for example in first["examples"]] == [other, jobs[-1]]
    assert first["examples"][0]["message"] == f"it said {other}"
    assert second["key"] == "source.not_found"
    assert second["rerun_helps"] is False
    assert second["hint"]


async def test_trend_includes_fixed_jobs_and_compares_with_the_previous_period(api: RunningApi) -> None:
    now = await fail_jobs(api, "upstream.timeout", *"abc")
    await fail_jobs(api, "upstream.timeout", *"ab", ago="9 days")
    await fail_jobs(api, "upstream.timeout", "a", ago="40 days")
    await api.client.post(f"/api/job/{now[0]}/rerun", headers=INTERNAL)
    (group,) = await causes(api)
    assert group["jobs"] == 2
    assert group["now"] == 3
    assert group["before"] == 2
    assert len(group["series"]) == 14
    assert sum(period["jobs"] for period in group["series"]) == 5


async def test_failures_of_a_run_are_compared_with_runs_of_the_same_kind(api: RunningApi) -> None:
    await fail_jobs(api, "source.schema", *"ab", live=True)
    await fail_jobs(api, "source.schema", *"abcdef", live=False)
    jobs = await fail_jobs(api, "source.schema", *"abc", live=True)
    run = (await api.get(f"/api/job/{jobs[0]}"))["run"]
    (group,) = await causes(api, f"run={run}")
    assert group["jobs"] == 3
    assert group["now"] == 3
    assert group["before"] == 2
    assert [period["jobs"] for period in group["series"]] == [2, 3]


async def test_failures_by_place_and_by_host(api: RunningApi) -> None:
    await fail_jobs(api, "source.schema", "a", source="us/ca/berkeley")
    await fail_jobs(api, "upstream.timeout", *"ab", source="us/ca/oakland")
    await fail_jobs(api, "upstream.timeout", "a", source="de/be")
    places = {group["key"]: (group["jobs"], group["codes"]) for group in await causes(api, "by=place")}
    assert places == {"us/ca/": (3, ["source.schema", "upstream.timeout"]), "de/be": (1, ["upstream.timeout"])}
    (host,) = await causes(api, "by=host")
    assert host["key"] == "x"
    assert host["jobs"] == 4
    assert host["now"] == 4
    assert host["rerun_helps"] is False


@pytest.mark.parametrize("query", ["by=code", "by=host", "by=place", "by=code&days=30", "by=code&live=true", "run=1"])
async def test_number_of_a_cause_leads_to_the_jobs_that_it_counts(api: RunningApi, query: str) -> None:
    await fail_jobs(api, "source.schema", *"ab", source="us/ca/berkeley", live=True)
    await fail_jobs(api, "source.schema", "c", source="us/ca/oakland", ago="9 days")
    await fail_jobs(api, "upstream.timeout", *"abc", source="de/be", ago="8 days", live=True)
    await fail_jobs(api, "upstream.timeout", "d", source="de/be")
    page = await (await api.client.get(f"/errors?{query}")).text()
    links = re.findall(r'data-label="Failed now"><a href="/jobs\?([^"]+)">(\d+)</a>', page)
    assert links
    for link, number in links:
        jobs = await api.get(f"/api/job?{html.unescape(link)}")
        assert (link, jobs["total"]) == (link, int(number))
        listed = await (await api.client.get(f"/jobs?{html.unescape(link)}")).text()
        assert len(re.findall(r'<a [^>]*href="/jobs/\d+"', listed)) >= int(number)


@pytest.mark.parametrize("by", ["code", "host", "place"])
async def test_acknowledged_failures_are_in_no_trend(api: RunningApi, by: str) -> None:
    known = await fail_jobs(api, "source.schema", *"ab", source="de/be/x", live=True)
    await fail_jobs(api, "source.schema", "a", source="de/be/x", ago="9 days")
    await fail_jobs(api, "source.schema", "c", source="de/be/y")
    body = {
        "source": "de/be/x",
        "code": "source.schema",
        "note": "known",
        "until": str(datetime.now(UTC).date() + timedelta(days=2)),
    }
    before = await causes(api, f"by={by}")
    assert [(group["jobs"], group["now"], group["before"]) for group in before] == [(3, 3, 1)]
    assert (await api.client.post("/api/acknowledgement", json=body, headers=INTERNAL)).status < 300
    (group,) = await causes(api, f"by={by}")
    assert (group["jobs"], group["acknowledged"], group["now"], group["before"]) == (3, 2, 1, 0)
    run = (await api.get(f"/api/job/{known[0]}"))["run"]
    assert [group["now"] for group in await causes(api, f"by={by}&run={run}")] == [0]


async def test_failing_since_considers_only_live_runs(api: RunningApi) -> None:
    await fail_jobs(api, "source.schema", "a", live=True)
    await fail_jobs(api, "upstream.timeout", "b")
    found = {group["key"]: group for group in await causes(api)}
    assert found["source.schema"]["failing"] == 1
    assert bool(found["source.schema"]["failing_since"])
    assert found["upstream.timeout"]["failing"] == 0
    assert found["upstream.timeout"]["failing_since"] is None
    async with api.client.get("/errors", headers=INTERNAL) as response:
        page = await response.text()
    assert await api.count("data") == 0
    assert "live dataset" not in page
    assert ("1 entry of live runs" in page, "no entry of a live run" in page) == (True, True)
    (live,) = await causes(api, "live=true")
    assert live["key"] == "source.schema"


async def test_no_failures_are_an_empty_list(api: RunningApi) -> None:
    assert await causes(api) == []


@pytest.mark.parametrize("query", ["by=colour", "days=0", "days=91", "huh=1"])
async def test_invalid_failure_query_is_refused(api: RunningApi, query: str) -> None:
    assert (await api.client.get(f"/api/failure?{query}")).status == 422


async def test_failures_of_a_missing_run_are_not_found(api: RunningApi) -> None:
    assert (await api.client.get("/api/failure?run=9")).status == 404


async def create_job_to_review(api: RunningApi) -> int:
    """Return a job of a live run that has 80 features where 100 are published."""
    for count in (100, 80):
        job = await api.job(live=True)
        result = {"count": count, "valid": count, "fields": {"number": count, "street": 70}, "outputs": {}}
        await report(api, job, result)
    return int(job["id"])


async def report(api: RunningApi, job: dict[str, Any], result: dict[str, Any]) -> None:
    ids = {"job": job["id"], "attempt": 1, "token": job["token"], "at": datetime.now(UTC)}
    message = StatusMessage(**ids, seq=1, status=JobStatus.SUCCESS, result=result)
    await api.database.run(lambda transaction: apply_status(transaction, message))


async def test_job_that_needs_review_is_listed_with_the_published_figures(api: RunningApi) -> None:
    job = await create_job_to_review(api)
    answer = await api.get("/api/job/error")
    (error,) = answer["errors"]
    assert answer["total"] == 1
    assert error["job"] == job
    assert error["published_job"] == job - 1
    assert {reason["code"] for reason in error["errors"]} == {"count_dropped", "number_dropped"}
    assert error["figures"] == [
        {"what": "features", "now": 80, "published": 100},
        {"what": "number", "now": 80, "published": 100},
        {"what": "street", "now": 70, "published": 70},
    ]
    assert (await api.get("/api/job/error/count?code=count_dropped&source=xx/")) == {"count": 1}
    assert (await api.get("/api/job/error/count?code=no_features")) == {"count": 0}


@pytest.mark.parametrize(("moderate", "status"), [("confirm", "Success"), ("reject", "Fail")])
async def test_decision_ends_the_review_and_is_audited(api: RunningApi, moderate: str, status: str) -> None:
    job = await create_job_to_review(api)
    body = {"moderate": moderate, "reason": "the county split"}
    response = await api.client.post(f"/api/job/{job}/review", json=body, headers=INTERNAL)
    assert (await response.json()) == {"job": job, "status": status}
    assert (await api.get("/api/job/error"))["errors"] == []
    rows = await api.database.all("SELECT action, reason FROM audit WHERE subject = %(s)s", {"s": f"job/{job}"})
    assert rows == [{"action": f"job.{moderate}", "reason": "the county split"}]
    again = await api.client.post(f"/api/job/{job}/review", json=body, headers=INTERNAL)
    assert again.status == 409
    detail = await api.get(f"/api/job/{job}")
    assert [attempt["status"] for attempt in detail["attempts"]] == [status]
