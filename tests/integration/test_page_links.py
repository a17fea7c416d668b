"""Pages that belong together link to each other, in both directions."""

import re
from typing import Any

import pytest

from support.publishing import publish
from support.running_api import INTERNAL, RunningApi

_COMMIT = "https://github.com/example/sources/commit/0a1b2c3d4e"
_PAGES = {
    "job": "/jobs/{job}",
    "dataset": "/data/{data}",
    "versions": "/data/{data}/compare",
    "source": "/sources/us/ca/berkeley",
    "region": "/sources/us/ca",
    "run": "/runs/{run}",
    "schedule run": "/schedules/{schedule_run}",
    "bulk action": "/bulk/{bulk}",
    "conversion": "/jobs/{conversion}",
    "commit": _COMMIT,
    "audit of job": "/audit?subject=job/{job}",
    "audit of run": "/audit?subject=run/{run}",
    "audit of dataset": "/audit?subject=data/{data}",
    "audit of schedule run": "/audit?subject=schedule_run/{schedule_run}",
    "audit of bulk action": "/audit?subject=bulk/{bulk}",
}
# Both pages link to each other.
_PAIRS = [
    ("job", "dataset"),
    ("job", "source"),
    ("job", "run"),
    ("dataset", "source"),
    ("dataset", "versions"),
    ("source", "run"),
    ("source", "region"),
    ("run", "schedule run"),
    ("job", "audit of job"),
    ("run", "audit of run"),
    ("dataset", "audit of dataset"),
    ("schedule run", "audit of schedule run"),
    ("bulk action", "audit of bulk action"),
]
# A run has many datasets, and a page at GitHub has no link to this site. The jobs of a bulk action are a list.
_ONE_WAY = [
    ("dataset", "run"),
    ("job", "commit"),
    ("run", "commit"),
    ("dataset", "commit"),
    ("source", "commit"),
    ("job", "bulk action"),
    ("conversion", "dataset"),
    ("dataset", "conversion"),
]


@pytest.fixture
async def pages(api: RunningApi) -> dict[str, str]:
    """Return the path of a page of each kind, which all belong together."""
    job = await publish(api, "us/ca/berkeley", github={"sha": "0a1b2c3d4e", "repository": "example/sources"})
    await publish(api, "us/ca/oakland")
    await api.database.execute(
        "INSERT INTO schedule_run (type, period, traceparent, run_id) VALUES ('sources', '2026-W48', '', %(run)s)",
        {"run": job["run_id"]},
    )
    await api.database.execute(
        "INSERT INTO bulk_action (action, filter, reason, kind, actor, role, jobs)"
        " VALUES ('rerun', '{}', '', 'session', 'ann', 'moderator', 1)"
    )
    await api.database.execute("INSERT INTO bulk_action_job VALUES (1, %(job)s, true, NULL)", {"job": job["id"]})
    response = await api.client.post("/api/data/1/conversions", json={"format": "csv"})
    numbers: dict[str, Any] = {
        "job": job["id"],
        "run": job["run_id"],
        "data": 1,
        "schedule_run": 1,
        "bulk": 1,
        "conversion": (await response.json())["job"],
    }
    for kind in ("job", "run", "data", "schedule_run", "bulk"):
        await api.database.execute(
            "INSERT INTO audit (actor, kind, role, action, subject)"
            " VALUES ('ann', 'session', 'admin', 'x', %(subject)s)",
            {"subject": f"{kind}/{numbers[kind]}"},
        )
    return {name: path.format(**numbers) for name, path in _PAGES.items()}


async def _links(api: RunningApi, path: str) -> set[str]:
    response = await api.client.get(path, headers=INTERNAL, allow_redirects=False)
    assert response.status == 200, path
    return {href.replace("&amp;", "&") for href in re.findall(r'href="([^"]+)"', await response.text())}


async def test_pages_that_belong_together_link_to_each_other(api: RunningApi, pages: dict[str, str]) -> None:
    steps = [*_PAIRS, *((there, here) for here, there in _PAIRS), *_ONE_WAY]
    links = {here: await _links(api, pages[here]) for here in {here for here, _ in steps}}
    assert [f"{here} -> {there}" for here, there in steps if pages[there] not in links[here]] == []


async def test_jobs_of_a_bulk_action_are_a_list_that_has_them(api: RunningApi, pages: dict[str, str]) -> None:
    (jobs,) = {link for link in await _links(api, pages["bulk action"]) if link.startswith("/jobs?bulk=")}
    assert pages["job"] in await _links(api, jobs)


async def test_each_page_of_a_thing_has_breadcrumbs(api: RunningApi, pages: dict[str, str]) -> None:
    without = []
    for name, path in pages.items():
        if path.startswith("/") and not path.startswith("/audit"):
            html = await (await api.client.get(path, headers=INTERNAL)).text()
            crumbs = re.search(r'<nav class="crumbs"[^>]*>(.*?)</nav>', html, re.DOTALL)
            above = re.findall(r'href="([^"]+)"', crumbs[1]) if crumbs else []
            for link in above:
                assert (await api.client.get(link, headers=INTERNAL)).status == 200, f"{name}: {link}"
            without += [] if above else [name]
    assert without == []


async def test_links_to_other_sites_pass_on_no_rank_and_no_window(api: RunningApi, pages: dict[str, str]) -> None:
    for name in ("dataset", "source", "run", "job", "conversion", "versions"):
        html = await (await api.client.get(pages[name], headers=INTERNAL)).text()
        outward = re.findall(r'<a ([^>]*href="https?://[^>]*)>', html)
        assert outward or name in {"conversion", "versions"}, name
        assert all('rel="noopener nofollow"' in attributes for attributes in outward), name
