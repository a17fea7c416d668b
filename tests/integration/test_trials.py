"""The page /try: remarks with the lines of the typed text, a sample that publishes nothing, limits, sharing, end."""

import html
import json
import re
from typing import Any

import pytest

from oa_api.db.database import Database
from oa_api.retention.records import delete_trials
from oa_api.retention.rules import read_rules
from oa_shared.ids import attempt_prefix
from oa_shared.status import JobStatus
from support.fakes.memory_storage import MemoryStorage
from support.finished_jobs import fail, make_jobs, report_status, succeed
from support.running_api import RunningApi, definition, running_api
from support.signed_in_browser import editor_text, signed_in
from support.web_browser import ShownPage, WebBrowser

GOOD = json.dumps(definition("city", "county"), indent=2)
ROWS = [
    {
        "row": number,
        "input_row": number,
        "raw": {"NO": str(number), "ST": "Main St" if number > 1 else None, "SPARE": None},
        "attributes": [
            {"attribute": "number", "value": str(number), "step": {"read": {"NO": str(number)}, "steps": []}},
            {"attribute": "street", "value": "Main St" if number > 1 else None, "step": {"read": {"ST": ""}}},
            {"attribute": "unit", "value": None, "step": None},
        ],
        "geometry": f"POINT (-122.{number} 37.8)",
    }
    for number in range(1, 5)
]


async def try_text(browser: WebBrowser, text: str, **fields: str) -> ShownPage:
    # As a browser sends it: line ends become CR LF.
    sent = text.replace("\n", "\r\n")
    return await browser.send(await browser.open("/try"), "/try", definition=sent, **fields)


def marked_lines(page: ShownPage) -> list[int]:
    return [int(number) for number in re.findall(r'data-testid="line-(\d+)"', page.text)]


async def trial_rows(api: RunningApi) -> list[Any]:
    return await api.database.all("SELECT id, job_id, source_name FROM trial ORDER BY created_at, id")


async def finish_sample(api: RunningApi, storage: MemoryStorage, job: int, rows: list[Any]) -> None:
    key = attempt_prefix(job, 1) + "sample.json"
    body = json.dumps({"rows": rows}).encode()
    await storage.put_bytes(key, body)
    outputs = {"sample.json": {"key": key, "bytes": len(body), "sha256": "0" * 64}}
    result = {"count": len(rows), "fields": {}, "sample": True, "placement": {"problems": []}, "outputs": outputs}
    await report_status(api, job, JobStatus.RUNNING)
    await report_status(api, job, JobStatus.SUCCESS, result=result)


async def test_faulty_definition_has_remarks_at_its_typed_lines_and_no_job(api: RunningApi) -> None:
    faulty = GOOD.replace('"number": "NO"', '"numbr": "NO"', 1)
    expected = faulty.split("\n").index('          "numbr": "NO",') + 1
    async with signed_in(api, "ada") as browser:
        page = await try_text(browser, faulty)

    assert page.status == 200
    assert re.fullmatch(r"/try/[0-9a-f]{32}", page.path)
    assert expected in marked_lines(page)
    assert "numbr" in page.text
    assert editor_text(page) == faulty
    assert await api.count("job") == 0


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('{\n  "schema": 2,\n  "layers" {}\n}', 3, "not JSON"),
        ('{\n  "schema": 3\n}', 2, "schema 3 is not supported"),
        ("[]", 1, "a source definition is a JSON object"),
        ("[" * 100_000, 1, "not JSON"),
        ('{"a":' * 70 + "1" + "}" * 70, 1, "nested more than 64 levels deep"),
        ('{\n "schema": 2,\n "coverage": "\\ud800"\n}', 3, "coverage"),
        ('{\n "schema": 2,\n "coverage": "\x1b[31m"\n}', 3, "not JSON"),
        (f'{{"coverage": [{"0," * 250_000}0]}}', 1, "commas and brackets"),
        ('{"schema": 2, "coverage": {}, "layers": {"addresses": [' + "{}," * 600 + "{}]}}", 1, "601 entries"),
    ],
    ids=["syntax", "schema", "list", "open brackets", "deep", "surrogate", "escape", "values", "entries"],
)
async def test_hostile_text_is_a_remark(database_url: str, text: str, line: int, words: str) -> None:
    async with running_api(database_url) as api, signed_in(api, "ada") as browser:
        page = await try_text(browser, text)

    assert page.status == 200
    assert line in marked_lines(page)
    assert words in html.unescape(page.text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{\n\0}", "line 2 has a NUL character"),
        ("a" * (512 * 1024 + 1), "limit 524,288 bytes"),
        ("", "paste a definition"),
    ],
    ids=["NUL", "large", "empty"],
)
async def test_unusable_text_is_refused_and_stays_in_the_form(api: RunningApi, text: str, words: str) -> None:
    async with signed_in(api, "ada") as browser:
        page = await try_text(browser, text, source_name="us/ca/berkeley")

    assert page.status == 422
    assert words in page.text
    assert 'value="us/ca/berkeley"' in page.text
    assert len(editor_text(page)) == len(text)
    assert await trial_rows(api) == []


async def test_rules_without_effect_are_warnings_and_the_entry_runs(api: RunningApi) -> None:
    document = definition("city")
    document["layers"]["addresses"][0]["conform"]["csvsplit"] = "||"
    document["layers"]["addresses"].append({**definition("b")["layers"]["addresses"][0], "name": "second"})
    async with signed_in(api, "ada") as browser:
        page = await try_text(browser, json.dumps(document, indent=2), source_name="us/ca/berkeley")

    assert "is not one character" in html.unescape(page.text)
    (job,) = await api.database.all("SELECT source_name, name, status FROM job")
    assert (job["source_name"], job["name"], job["status"]) == ("us/ca/berkeley", "second", "Pending")


async def test_selected_entry_runs_as_a_sample_that_publishes_nothing(database_url: str) -> None:
    storage = MemoryStorage()
    async with (
        running_api(database_url, storage=storage, sources_repository="https://github.com/a/b") as api,
        signed_in(api, "ada") as browser,
    ):
        (earlier,) = await make_jobs(api, "us/ca/berkeley")
        await succeed(api, earlier, fields={"number": 100, "unit": 50})
        # The entry of the published data has the name of the only entry of its definition.
        page = await try_text(browser, GOOD, source_name="us/ca/berkeley", entry="addresses/city")
        job = (await trial_rows(api))[0]["job_id"]
        assert "Running a sample of addresses · city" in page.text
        run = await api.database.first(
            "SELECT run.live, run.sample, run.lane, run.closed_at FROM run JOIN job ON job.run_id = run.id"
            " WHERE job.id = %(job)s",
            {"job": job},
        )
        assert run is not None
        assert (run["live"], run["sample"], run["lane"]) == (False, 100, "manual")
        assert run["closed_at"] is not None

        await finish_sample(api, storage, job, ROWS)
        shown = await browser.open(page.path)
        places = json.loads((await browser.open(f"{page.path}/places.json")).text)

    assert "It works: 4 features of addresses · city" in shown.text
    assert 'href="https://github.com/a/b/edit/HEAD/sources/us/ca/berkeley.json"' in shown.text
    assert "Main St" in shown.text
    assert 'aria-label="street 75.0 %"' in shown.text
    assert f"compared with job {earlier}" in shown.text
    assert "Filled less than in the published data: unit." in shown.text
    assert "The entry is that of the published data." in shown.text
    assert re.search(r'data-label="Attribute">unit</th>.*?<span class="bad">-50.0 %', shown.text, re.DOTALL)
    assert places["features"][0]["geometry"]["coordinates"] == [-122.1, 37.8]
    assert places["bbox"] == [-122.4, 37.8, -122.1, 37.8]
    async with running_api(database_url, storage=storage) as api:
        published = await api.database.all("SELECT job_id FROM data")
    assert [row["job_id"] for row in published] == [earlier]


@pytest.mark.parametrize("size", ["small", "huge", None])
async def test_trial_stays_on_the_smallest_machine_whatever_the_definition_asks_for(
    api: RunningApi, size: str | None
) -> None:
    document = definition("city")
    document["layers"]["addresses"][0]["conform"]["size"] = size or "standard"
    async with signed_in(api, "ada") as browser:
        await try_text(browser, json.dumps(document))
    job = (await trial_rows(api))[0]["job_id"]
    # A full job would get a larger machine.
    await fail(api, job, "resource.out_of_memory", "killed")
    rows = await api.database.all("SELECT tier, status, attempt FROM job")
    assert [tuple(row.values()) for row in rows] == [("small", "Fail", 1)]


async def test_failed_sample_marks_the_line_that_its_message_names(api: RunningApi) -> None:
    line = GOOD.split("\n").index('          "street": "ST",') + 1
    async with signed_in(api, "ada") as browser:
        page = await try_text(browser, GOOD)
        job = (await trial_rows(api))[0]["job_id"]
        await fail(api, job, "source.columns_missing", "/layers/addresses/0/conform/street: the data lacks 'ST'")
        shown = await browser.open(page.path)
        assert line in marked_lines(shown)
        assert "<code>conform.street</code>: the data lacks" in shown.text
        fixing = await browser.open(f"/try?job={job}")

    assert editor_text(fixing) == GOOD
    assert line in marked_lines(fixing)
    assert f"Job {job} failed" in fixing.text
    assert fixing.hidden_fields("/try") | {} != {}
    assert 'name="entry" value="addresses/city"' in fixing.text


async def test_failed_job_links_to_its_definition_for_authors_only(api: RunningApi) -> None:
    (job,) = await make_jobs(api, "us/ca/berkeley")
    await fail(api, job)
    async with signed_in(api, "ada") as author, signed_in(api, "vera", "viewer") as viewer:
        assert f'href="/try?job={job}"' in (await author.open(f"/jobs/{job}")).text
        assert f'href="/try?job={job}"' not in (await viewer.open(f"/jobs/{job}")).text
        assert (await viewer.open("/try")).status == 403


async def test_trial_is_shared_with_authors_and_ends(api: RunningApi) -> None:
    async with (
        signed_in(api, "ada") as browser,
        signed_in(api, "bob") as other,
        signed_in(api, "vera", "viewer") as viewer,
    ):
        page = await try_text(browser, "{}")
        assert (await other.open(page.path)).status == 200
        assert (await viewer.open(page.path)).status == 403
        assert page.path not in (await other.open("/try")).text
        assert page.path in (await browser.open("/try")).text

        await _age_trials(api.database, days=31)
        rule = (await read_rules(api.database))["trials"]
        assert (await delete_trials(api.database, rule, dry_run=True)).count == 1
        assert (await delete_trials(api.database, rule, dry_run=False)).count == 1
        assert (await browser.open(page.path)).status == 404


async def _age_trials(database: Database, *, days: int) -> None:
    await database.execute("UPDATE trial SET created_at = created_at - make_interval(days => %(days)s)", {"days": days})


async def test_limits_keep_the_typed_text(database_url: str) -> None:
    async with (
        running_api(database_url, trials_running=1, trials_per_hour=3) as api,
        signed_in(api, "ada") as browser,
        signed_in(api, "bob") as other,
    ):
        await try_text(browser, GOOD)
        refused = await try_text(browser, GOOD)
        assert refused.status == 429
        assert "1 of your trials are running, limit 1" in refused.text
        assert editor_text(refused) == GOOD
        assert (await try_text(other, GOOD)).status == 200
        for _ in range(2):
            assert (await try_text(browser, "{}")).status == 200
        assert "limit 3 trials in an hour" in (await try_text(browser, "{}")).text
        await _age_trials(api.database, days=1)
        assert (await try_text(browser, "{}")).status == 200


async def test_trials_of_all_authors_together_have_a_limit(database_url: str) -> None:
    async with (
        running_api(database_url, trials_running=2, trials_at_once=2) as api,
        signed_in(api, "ada") as browser,
        signed_in(api, "bob") as other,
    ):
        await try_text(browser, GOOD)
        await try_text(browser, GOOD)
        refused = await try_text(other, GOOD)
        assert refused.status == 429
        assert "2 trials of all authors are running, limit 2" in refused.text
        assert editor_text(refused) == GOOD
        assert (await try_text(other, "{}")).status == 200, "a trial without a job takes no place"
        await api.database.execute("UPDATE job SET status = 'Success', rank = 9")
        assert (await try_text(other, GOOD)).status == 200
