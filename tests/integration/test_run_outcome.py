"""What the overview and the page of a run say about it: each number leads to exactly the jobs that it counts."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from oa_shared.failures import FAILURES
from support.accounts import account, session
from support.command_line import oa
from support.finished_jobs import post
from support.running_api import RunningApi
from support.weekly_runs import (
    FAILED,
    FIXED,
    GONE,
    IN_REVIEW,
    MAY_SUCCEED,
    NEWLY_FAILED,
    RERUN,
    STILL_FAILED,
    SUCCEEDED,
    TOTAL,
    write_weekly_runs,
)

HTML = {"Accept": "text/html"}


# The attempts before the reruns: two failed, one needed review; and one after them.
_ATTEMPTS = """
    INSERT INTO job_attempt (job_id, attempt, token, tier, status, created_at)
    SELECT id, n, token || n, tier,
           CASE WHEN n = 2 THEN status WHEN source_name LIKE '%%town40' THEN 'Warn' ELSE 'Fail' END,
           CASE WHEN n = 2 THEN opened_at + interval '1 s' ELSE created_at END
    FROM job, generate_series(1, 2) n WHERE run_id = %(run)s AND opened_at > created_at
"""


class _Counts(HTMLParser):
    """The links that state how many jobs they lead to, as (address, number)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[tuple[str, int]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a" and values.get("data-count"):
            self.links.append((values["href"] or "", int(values["data-count"] or 0)))


async def _read(api: RunningApi, path: str, **headers: str) -> str:
    response = await api.client.get(path, headers={**HTML, **headers})
    assert response.status in {200, 503}, path
    return await response.text()


async def _count_jobs(api: RunningApi, path: str) -> int:
    """Return how many jobs the pages of a list show, all its pages together."""
    shown: set[str] = set()
    while path:
        html = await _read(api, path)
        main = html.partition("<main")[2]
        shown |= set(re.findall(r'<th scope="row" data-label="Job"><a href="/jobs/(\d+)"', main))
        following = re.search(r'rel="next" href="([^"]+)"', main)
        path = following[1].replace("&amp;", "&") if following else ""
    return len(shown)


@pytest.mark.parametrize("page", ["/overview", "/runs/{run}"])
async def test_each_number_leads_to_exactly_the_jobs_that_it_counts(api: RunningApi, page: str) -> None:
    run = await write_weekly_runs(api.database)
    html = await _read(api, page.format(run=run))
    links = _Counts(html).links
    expected = {SUCCEEDED, TOTAL, FAILED, NEWLY_FAILED, STILL_FAILED, FIXED, GONE, IN_REVIEW}
    assert expected <= {number for _, number in links}
    for path, number in dict.fromkeys(links):
        if path.startswith(("/jobs", "/runs")):
            assert await _count_jobs(api, path) == number, path


async def test_verdict_is_one_sentence(api: RunningApi) -> None:
    run = await write_weekly_runs(api.database)
    html = await _read(api, "/overview")
    sentence = re.search(r'data-testid="verdict">(.*?)</p>', html, re.DOTALL)
    assert sentence
    text = " ".join(re.sub(r"<[^>]+>", "", sentence[1]).split())
    assert re.fullmatch(
        r"Weekly 2026-W48: 51 of 60 published, 7 failed \(5 new\), 2 need review, ended \d{4}-\d\d-\d\d \d\d:\d\d UTC",
        text,
    )
    assert f"/runs/{run}?change=newly_failed" in sentence[1]


async def test_verdict_counts_what_is_acknowledged_and_is_not_red_when_that_is_all(api: RunningApi) -> None:
    run = await write_weekly_runs(api.database)
    failed = (await api.get(f"/api/job?run={run}&status=Fail&fields=all"))["jobs"]
    first, *others = [{"source": job["source_name"], "code": job["error"]["code"]} for job in failed]
    until = str(datetime.now(UTC).date() + timedelta(days=1))
    await post(api, "/api/acknowledgement", **first, note="known", until=until)
    html = await _read(api, "/overview")
    assert f'7 failed</a> (<a href="/runs/{run}?change=newly_failed" data-count="5">5 new</a>, <a' in html
    assert f'href="/runs/{run}?status=Fail&amp;acknowledged=true" data-count="1">1 acknowledged</a>' in html
    assert 'class="verdict bad"' in html
    for path, number in dict.fromkeys(_Counts(html).links):
        if "acknowledged" in path:
            assert await _count_jobs(api, path) == number, path
    await _check_one_truth(api, run, acknowledged=1, kind="bad")
    for other in others:
        await post(api, "/api/acknowledgement", **other, note="known", until=until)
    html = await _read(api, "/overview")
    assert "7 acknowledged</a>)" in html
    assert 'class="verdict warn"' in html, "two results need review"
    await _check_one_truth(api, run, acknowledged=7, kind="warn")


async def _check_one_truth(api: RunningApi, run: int, *, acknowledged: int, kind: str) -> None:
    """Check that the lists of runs, the page of the run, the overview, the API and `oa` say the same of a run."""
    label = f'<span class="status {kind}">Ended, 7 failed ({acknowledged} acknowledged)</span>'
    for path in ("/runs", f"/runs/{run}", "/overview"):
        assert label in await _read(api, path), path
    for path in ("/overview", f"/runs/{run}"):
        assert f'class="verdict {kind}"' in await _read(api, path), path
    answers = [await api.get(f"/api/run/{run}"), (await api.get("/api/run"))["runs"][0]]
    assert {(each["id"], each["jobs"]["Fail"], each["acknowledged"]) for each in answers} == {(run, 7, acknowledged)}
    shown = (await oa(api, "run", "show", str(run))).out
    head = next(line for line in shown.splitlines() if "acknowledged" in line).split()
    row = next(line for line in shown.splitlines() if line.startswith(f"{run} "))
    assert head.index("acknowledged") == head.index("fail") + 1
    assert re.search(rf"\b7 +{acknowledged}\b", row), row


async def test_page_without_a_bulk_action_for_its_filter_offers_none(api: RunningApi) -> None:
    run = await write_weekly_runs(api.database)
    await account(api, "mo", "moderator")
    cookie = f"oa_session={await session(api, 'mo')}"
    for filtered in ("rerun=true", "rerun=false", "acknowledged=false", f"run={run}&change=fixed"):
        for page in (f"/jobs?{filtered}", f"/runs/{run}?{filtered.partition('&')[2] or filtered}"):
            assert ">Bulk action</a>" not in await _read(api, page, Cookie=cookie), page
    assert ">Bulk action</a>" in await _read(api, "/jobs?status=Fail", Cookie=cookie)


async def test_rerun_button_selects_the_jobs_that_may_succeed(api: RunningApi) -> None:
    run = await write_weekly_runs(api.database)
    await account(api, "mo", "moderator")
    cookie = f"oa_session={await session(api, 'mo')}"
    html = await _read(api, f"/runs/{run}", Cookie=cookie)
    link = re.search(r'href="([^"]+)">Rerun (\d+) jobs that may succeed', html)
    assert link
    assert int(link[2]) == MAY_SUCCEED
    preview = await _read(api, link[1].replace("&amp;", "&"), Cookie=cookie)
    assert re.search(rf"\b{MAY_SUCCEED}\b", preview.partition("<main")[2])
    assert "jobs that may succeed" not in await _read(api, f"/runs/{run}")


async def test_failed_jobs_of_a_run_come_first_and_each_job_once(api: RunningApi) -> None:
    run = await write_weekly_runs(api.database)
    main = (await _read(api, f"/runs/{run}?limit=10")).partition("<main")[2]
    shown = [int(job) for job in re.findall(r'<th scope="row" data-label="Job"><a href="/jobs/(\d+)"', main)]
    jobs = (await api.get(f"/api/run/{run}/jobs?limit=100"))["jobs"]
    failed = {job["id"] for job in jobs if job["status"] == "Fail"}
    assert set(shown[:FAILED]) == failed
    assert await _count_jobs(api, f"/runs/{run}?limit=10") == TOTAL


async def test_causes_and_reruns_of_a_run_are_shown(api: RunningApi) -> None:
    run = await write_weekly_runs(api.database)
    main = (await _read(api, f"/runs/{run}")).partition("<main")[2]
    assert "Ended, 7 failed" in main
    assert FAILURES["upstream.timeout"].title in main
    assert f'data-count="{RERUN}">{RERUN} rerun' in main


async def test_what_a_rerun_changed_stays_visible(api: RunningApi) -> None:
    run = await write_weekly_runs(api.database)
    await api.database.execute(_ATTEMPTS, {"run": run})
    main = (await _read(api, f"/runs/{run}")).partition("<main")[2]
    panel = main.partition('aria-label="Reruns"')[2].partition("</section>")[0]
    text = " ".join(re.sub(r"<[^>]+>", " ", panel).split())
    assert re.search(r"3 rerun , before: (Warn 1 Fail 2|Fail 2 Warn 1) , now: .*Success 2", text), text


@pytest.mark.parametrize(
    ("change", "jobs"),
    [("newly_failed", NEWLY_FAILED), ("still_failed", STILL_FAILED), ("fixed", FIXED), ("gone", GONE)],
)
async def test_jobs_by_change_are_those_of_the_compared_runs(api: RunningApi, change: str, jobs: int) -> None:
    run = await write_weekly_runs(api.database)
    listed: dict[str, Any] = await api.get(f"/api/job?run={run}&change={change}")
    assert listed["total"] == len(listed["jobs"]) == jobs
    assert {job["run"] for job in listed["jobs"]} == {run - 1 if change == "gone" else run}
    assert (await api.get(f"/api/job?run={run - 1}&change={change}"))["jobs"] == []


async def test_change_without_a_run_is_rejected(api: RunningApi) -> None:
    response = await api.client.get("/api/job?change=fixed")
    assert response.status == 422
    assert "run" in (await response.json())["errors"]


async def test_run_says_its_name_and_its_end(api: RunningApi) -> None:
    run = await write_weekly_runs(api.database)
    shown = await api.get(f"/api/run/{run}")
    assert shown["name"] == "Weekly 2026-W48"
    assert shown["ended_at"] is not None
    empty = await api.run()
    assert (await api.get(f"/api/run/{empty}"))["ended_at"] is None


@pytest.mark.parametrize(
    ("page", "part", "words"),
    [("/overview", "now", "5 new"), ("/runs/{run}", "counts", "5 new"), ("/runs/{run}", "rows", "Failed jobs")],
)
async def test_live_part_of_a_page_is_rendered_alone(api: RunningApi, page: str, part: str, words: str) -> None:
    run = await write_weekly_runs(api.database)
    response = await api.client.get(page.format(run=run), headers={**HTML, "HX-Request": "true", "HX-Target": part})
    assert response.status == 200
    html = await response.text()
    assert words in html
    assert "<html" not in html
