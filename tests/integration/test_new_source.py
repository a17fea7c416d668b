"""The page /new-source: a request for a proposal within the limits of trials, its page, and texts that are hostile."""

import html
import json
import re
from typing import Any

import pytest

from oa_api.jobs.queries import get_definition
from oa_shared.ids import attempt_prefix
from oa_shared.proposal_request import ProposalRequest
from oa_shared.status import JobStatus
from support.fakes.memory_storage import MemoryStorage
from support.finished_jobs import fail, report_status
from support.running_api import RunningApi, definition, running_api
from support.signed_in_browser import editor_text, signed_in
from support.web_browser import ShownPage, WebBrowser

URL = "https://example.org/town.csv"
_HOSTILE = "<script>alert(1)</script>"


async def ask(browser: WebBrowser, url: str = URL, **fields: str) -> ShownPage:
    return await browser.send(await browser.open("/new-source"), "/new-source", url=url, **fields)


async def rows_of(api: RunningApi) -> list[Any]:
    return await api.database.all("SELECT id, job_id, source_name, url FROM trial ORDER BY created_at, id")


def proposal(text: str = "STREET", **more: Any) -> dict[str, Any]:
    document = definition("city")
    document["layers"]["addresses"][0]["conform"]["street"] = text
    guess = {"key": "street", "value": text, "text": text, "confidence": "high", "reason": "name", "example": text}
    column = {"name": text, "rows": 4, "filled": 2, "distinct": 1, "examples": [text]}
    return {
        "definition": document,
        "guesses": [guess],
        "remarks": [f"Add `license`: {text}"],
        "columns": [column],
        "columns_in_all": 1,
        **more,
    }


async def finish(api: RunningApi, storage: MemoryStorage, job: int, document: object) -> None:
    key = attempt_prefix(job, 1) + "proposal.json"
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    await storage.put_bytes(key, body)
    outputs = {"proposal.json": {"key": key, "bytes": len(body), "sha256": "0" * 64}}
    result = {
        "count": 1,
        "fields": {"number": 1},
        "sample": True,
        "proposal": True,
        "placement": {},
        "outputs": outputs,
    }
    await report_status(api, job, JobStatus.RUNNING)
    await report_status(api, job, JobStatus.SUCCESS, result=result)


async def test_request_is_a_sample_job_on_the_smallest_tier_that_publishes_nothing(api: RunningApi) -> None:
    async with signed_in(api, "ada") as browser:
        page = await ask(browser, source_name="us/ca/berkeley", layer="parcels")
        listed = await browser.open("/new-source")

    (trial,) = await rows_of(api)
    assert page.path == f"/try/{trial['id']}"
    assert "Looking at the data" in page.text
    assert f'href="{page.path}"' in listed.text
    (job,) = await api.database.all(
        "SELECT job.id, job.tier, job.layer, job.host, job.source_name, run.sample, run.live, run.lane"
        " FROM job JOIN run ON run.id = job.run_id"
    )
    assert (job["tier"], job["layer"], job["host"]) == ("small", "parcels", "example.org")
    assert (job["source_name"], job["live"], job["lane"]) == ("us/ca/berkeley", False, "manual")
    assert job["sample"] > 0
    assert await get_definition(api.database, job["id"]) == ProposalRequest(URL, "parcels", "us/ca/berkeley").as_text()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "enter the URL of the data"),
        ("/etc/passwd", "is not the URL of data"),
        ("file:///etc/passwd", "is not the URL of data"),
        ("gopher://example.org/1", "is not the URL of data"),
        ("https://", "has no host"),
        ("https://example.org:99999999/", "is not a URL"),
        (f"https://example.org/{'x' * 5_000}", "limit 4,000 characters"),
        ("https://example.org/\x1b[31m", "control characters"),
    ],
    ids=["empty", "path", "file", "scheme", "host", "port", "long", "control"],
)
async def test_address_that_is_no_url_of_data_is_refused_and_stays_in_the_form(
    api: RunningApi, url: str, words: str
) -> None:
    async with signed_in(api, "ada") as browser:
        page = await ask(browser, url, source_name="us/ca/berkeley")
    assert page.status == 422
    assert words in html.unescape(page.text)
    assert f'value="{html.escape(url)}"' in page.text
    assert 'value="us/ca/berkeley"' in page.text
    assert await rows_of(api) == []


async def test_only_authors_may_ask_within_the_limits_of_trials(database_url: str) -> None:
    async with (
        running_api(database_url, trials_running=1, trials_per_hour=2) as api,
        signed_in(api, "ada") as browser,
        signed_in(api, "vera", "viewer") as viewer,
    ):
        assert (await viewer.open("/new-source")).status == 403
        page = await ask(browser)
        refused = await ask(browser)
        assert (refused.status, "1 of your trials are running, limit 1" in refused.text) == (429, True)
        assert f'value="{URL}"' in refused.text
        await fail(api, (await rows_of(api))[0]["job_id"])
        assert (await ask(browser)).status == 200
        assert "limit 2 trials in an hour" in (await ask(browser)).text
        assert (await viewer.open(page.path)).status == 403


async def test_proposal_is_shown_with_its_guesses_and_runs_from_the_editor(database_url: str) -> None:
    storage = MemoryStorage()
    async with (
        running_api(database_url, storage=storage, sources_repository="https://github.com/a/b") as api,
        signed_in(api, "ada") as browser,
    ):
        page = await ask(browser, source_name="us/ca/berkeley")
        early = await browser.open(f"{page.path}/definition.json")
        await finish(api, storage, (await rows_of(api))[0]["job_id"], proposal())
        shown = await browser.open(page.path)
        saved = await browser.open(f"{page.path}/definition.json")
        tried = await browser.send(
            shown, "/try", definition=editor_text(shown).replace("\n", "\r\n"), source_name="us/ca/berkeley"
        )
        jobs = await api.database.all("SELECT name, status FROM job ORDER BY id")
        of_job = await browser.open("/jobs/1")
        names = [run["name"] for run in reversed((await api.get("/api/run"))["runs"])]

    assert early.status == 404
    assert ("first publication" in of_job.text, "no version is published" in of_job.text) == (False, True)
    assert json.loads(editor_text(shown)) == json.loads(saved.text) == proposal()["definition"]
    assert "A proposal whose rules read no features yet" in shown.text
    at_github = "https://github.com/a/b/new/HEAD/sources/us/ca?filename=berkeley.json&amp;value=%7B%0A%20%20%20%20%22"
    # The file of the trial that starts from the editor does not exist yet either.
    assert all(at_github in each.text and "/edit/" not in each.text for each in (shown, tried))
    marks = [re.findall(r'<a href="([^"]*)"[^>]* aria-current="true"', each.text) for each in (shown, tried)]
    assert marks == [["/new-source"], ["/try"]]
    assert names == ["Proposal for us/ca/berkeley", "Trial of us/ca/berkeley"]
    assert all(words in shown.text for words in ("Add <code>license</code>", "50.0 %", "1 of 1 column", "no_license"))
    assert "Running a sample of addresses · city" in tried.text
    assert [tuple(job.values()) for job in jobs] == [("proposal", "Success"), ("city", "Pending")]


async def test_hostile_texts_are_escaped_and_unusable_files_have_a_reason(database_url: str) -> None:
    storage = MemoryStorage()
    unusable: list[object] = [
        b"{",
        [],
        {"definition": []},
        proposal("\ud800"),
        {**proposal(), "definition": {"x": "x" * 300_000}},
        b" " * (5 << 20),
    ]
    strange = proposal(_HOSTILE, guesses=[_HOSTILE, {"key": [1]}], columns=[{"rows": -1, "examples": 5}, None])
    async with (
        running_api(database_url, storage=storage, trials_per_hour=100) as api,
        signed_in(api, "ada") as browser,
    ):
        for document in (proposal(_HOSTILE), strange, *unusable):
            page = await ask(browser, f"{URL}?{_HOSTILE}")
            await finish(api, storage, (await rows_of(api))[-1]["job_id"], document)
            shown = await browser.open(page.path)
            assert shown.status == 200
            assert _HOSTILE not in shown.text
            assert ("No proposal" in shown.text) == (document in unusable)


async def test_failed_request_has_its_reason_and_the_form_and_its_job_leads_there(api: RunningApi) -> None:
    async with signed_in(api, "ada") as browser:
        page = await ask(browser, layer="parcels")
        job = (await rows_of(api))[0]["job_id"]
        await fail(api, job, "source.format", "https://example.org is a WFS: use a request")
        shown = await browser.open(page.path)
        again = await browser.open(f"/try?job={job}")
        pages = [await browser.open(f"/jobs/{job}{part}") for part in ("", "/definition", "/log")]

    assert "is a WFS: use a request" in shown.text
    for form in (shown, again):
        assert f'value="{URL}"' in form.text
        assert '<option value="parcels" selected>' in form.text
    assert again.path.startswith("/new-source")
    assert [shown.status for shown in pages] == [200, 200, 200]
