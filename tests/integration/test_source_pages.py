"""The pages of sources, the search, and the list of data by source, over HTTP."""

import re
from typing import Any
from urllib.parse import quote

from oa_shared.status import JobStatus
from support.finished_jobs import fail, make_jobs, succeed
from support.publishing import make_job, publish, report_status
from support.running_api import RunningApi, definition

BERKELEY = [-122.32, 37.84, -122.23, 37.91]
PARIS = [2.2, 48.8, 2.4, 48.9]


async def read(api: RunningApi, path: str, status: int = 200) -> str:
    response = await api.client.get(path, allow_redirects=False)
    assert response.status == status, f"{path}: {response.status}"
    return await response.text()


async def target(api: RunningApi, text: str) -> str:
    response = await api.client.get("/search", params={"q": text}, allow_redirects=False)
    assert response.status == 303, f"{text}: {response.status}"
    return response.headers["Location"]


def rows(html: str) -> list[str]:
    return re.findall(r'<th scope="row" data-label="Source"><a href="/sources/([^"]+)">', html)


async def fill(api: RunningApi) -> dict[str, Any]:
    made = {
        "berkeley": await publish(api, "us/ca/berkeley", makes={"count": 50, "bounds": BERKELEY}),
        "paris": await publish(api, "fr/paris", makes={"count": 900, "bounds": PARIS}),
    }
    (never,) = await make_jobs(api, "us/ca/oakland")
    await fail(api, never, "source.not_found", "gone")
    return {**made, "never": never}


async def test_source_page_shows_entries_jobs_versions_and_links_of_the_definition(api: RunningApi) -> None:
    origin = {"sha": "0a1b2c3d4e", "repository": "example/sources"}
    job = await publish(
        api, "us/ca/berkeley", github=origin, license_={"url": "https://example.org/cc", "text": "CC BY"}
    )
    newer = await make_job(api, "us/ca/berkeley")
    await report_status(api.database, newer, JobStatus.FAIL, error={"code": "source.not_found", "message": "gone"})
    html = await read(api, "/sources/us/ca/berkeley")
    for href in ("/data", "/sources/us", "/sources/us/ca"):
        assert f'<li><a href="{href}">' in html
    data = (await api.get("/api/data"))["data"][0]["id"]
    for href in (f"/data/{data}", f"/jobs/{job['id']}", f"/jobs/{newer['id']}", f"/runs/{job['run_id']}"):
        assert f'href="{href}"' in html
    assert 'href="https://github.com/example/sources/commit/0a1b2c3d4e"' in html
    assert "since" in html
    assert "Published versions" in html
    outward = re.findall(r'<a ([^>]*href="https?://[^>]*)>', html)
    assert outward
    assert all('rel="noopener nofollow"' in attributes for attributes in outward)


async def test_definition_with_another_scheme_gets_no_link(api: RunningApi) -> None:
    hostile = definition("city")
    hostile["layers"]["addresses"][0] |= {"website": "javascript:alert(1)", "data": "https://example.org/a.zip"}
    status, answer = await api.post_jobs(await api.run(), {"source": hostile, "source_name": "xx/hostile"})
    assert status == 200, answer
    html = await read(api, "/sources/xx/hostile")
    assert "javascript:alert(1)" in html
    assert 'href="javascript' not in html
    assert "No live run has included this source." in html


async def test_prefix_lists_what_is_below_it(api: RunningApi) -> None:
    await fill(api)
    assert rows(await read(api, "/sources")) == ["fr/", "us/"]
    html = await read(api, "/sources/us/ca")
    assert rows(html) == ["us/ca/berkeley", "us/ca/oakland"]
    assert "<h1>California</h1>" in html
    assert rows(await read(api, "/sources/us/ca/")) == rows(html)
    await read(api, "/sources/us/c", 404)
    await read(api, "/sources/us/ca/berk", 404)


async def test_prefix_of_trial_runs_only_is_an_empty_list(api: RunningApi) -> None:
    await api.post_jobs(await api.run(), {"source": definition("city"), "source_name": "zz/trial"})
    assert "No sources of live runs below zz/." in await read(api, "/sources/zz")


async def test_strange_names_are_no_sources(api: RunningApi) -> None:
    for name in ("%00", "%ED%A0%80", "a" * 3000, "..%2F..%2Fetc", "%", "us//ca", "<b>"):
        response = await api.client.get(f"/sources/{name}")
        assert response.status in {400, 404, 422}, name


async def test_data_is_grouped_by_source_and_includes_what_was_never_published(api: RunningApi) -> None:
    made = await fill(api)
    html = await read(api, "/data")
    assert rows(html) == ["fr/paris", "us/ca/berkeley", "us/ca/oakland"]
    assert f'href="/jobs/{made["never"]}"' in html
    assert "never published" in html
    assert rows(await read(api, "/data?state=never")) == ["us/ca/oakland"]
    assert rows(await read(api, "/data?state=published&sort=count")) == ["fr/paris", "us/ca/berkeley"]


FILTERS = {
    "q=BERK": ["us/ca/berkeley"],
    "q=a%25": [],
    "source=us/": ["us/ca/berkeley", "us/ca/oakland"],
    "layer=parcels": [],
    "point=-122.3,37.85": ["us/ca/berkeley"],
    "bbox=2,48,3,49": ["fr/paris"],
    "bbox=2,48,3,49&q=us": [],
    "name=city&q=paris": ["fr/paris"],
}


async def test_filter_is_the_same_for_page_api_and_feed(api: RunningApi) -> None:
    await fill(api)
    for query, sources in FILTERS.items():
        assert rows(await read(api, f"/data?{query}")) == sources, query
        published = [source for source in sources if source != "us/ca/oakland"]
        assert [each["source_name"] for each in (await api.get(f"/api/data?{query}"))["data"]] == published, query
        feed = await read(api, f"/data/feed.atom?{query}")
        assert sorted(set(re.findall(r"<title>(\S+) addresses city</title>", feed))) == published, query


async def test_pages_of_the_list_show_each_source_once_in_each_order(api: RunningApi) -> None:
    for place, name in enumerate("bcade"):
        await publish(api, f"xx/{name}", makes={"count": 100 - place})
    for sort, order in (("source", "abcde"), ("count", "bcade"), ("updated_at", "edacb")):
        seen, path = [], f"/data?limit=2&sort={sort}"
        while path:
            html = await read(api, path)
            seen += rows(html)
            link = re.search(r'rel="next" href="([^"]+)"', html)
            path = link[1].replace("&amp;", "&") if link else ""
        assert seen == [f"xx/{name}" for name in order], sort
    assert rows(await read(api, "/data?limit=2&page=1")) == ["xx/c", "xx/d"]
    api_order = [each["source_name"] for each in (await api.get("/api/data?sort=count&limit=3"))["data"]]
    assert api_order == ["xx/b", "xx/c", "xx/a"]


async def test_facets_count_countries_and_the_regions_of_the_chosen_one(api: RunningApi) -> None:
    await fill(api)
    html = await read(api, "/data?layer=addresses")
    assert "United States of America" in html
    assert 'href="/data?layer=addresses&amp;source=us/"' in html
    chosen = await read(api, "/data?layer=addresses&source=us/")
    assert "California" in chosen
    assert 'href="/data?layer=addresses&amp;source=us/ca/"' in chosen


async def test_exact_hit_redirects(api: RunningApi) -> None:
    made = await fill(api)
    job, run = made["never"], made["berkeley"]["run_id"]
    data = {each["source_name"]: each["id"] for each in (await api.get("/api/data"))["data"]}["us/ca/berkeley"]
    assert await target(api, f"job {job}") == f"/jobs/{job}"
    assert await target(api, f"Run #{run}") == f"/runs/{run}"
    assert await target(api, f"data {data}") == f"/data/{data}"
    assert await target(api, "us/ca/berkeley") == "/sources/us/ca/berkeley"
    assert await target(api, " sources/us/ca/berkeley.json ") == "/sources/us/ca/berkeley"
    assert await target(api, "us/ca/berkeley addresses city") == f"/data/{data}"
    assert await target(api, "us/ca/berkeley/addresses") == f"/data/{data}"
    assert await target(api, "37.85, -122.3") == "/data?point=-122.3,37.85"
    assert await target(api, "california") == "/sources/us/ca"


async def test_several_hits_are_listed(api: RunningApi) -> None:
    await fill(api)
    html = await read(api, "/search?q=1")
    assert 'href="/jobs/1"' in html
    assert 'href="/runs/1"' in html
    html = await read(api, "/search?q=ca+k")
    assert rows(html) == ["us/ca/oakland", "us/ca/berkeley"]
    html = await read(api, "/search?q=alameda+county+oak")
    assert "Nothing matches" in html
    await publish(api, "us/ca/alameda", makes={"bounds": BERKELEY})
    html = await read(api, "/search?q=Alameda")
    assert "Alameda, California" in html
    assert 'href="/data?bbox=' in html
    assert rows(html) == ["us/ca/alameda"]


async def test_search_without_a_hit_shows_an_empty_state(api: RunningApi) -> None:
    for text in ("", "nothing at all", "999999", "%", "_", "\\", "'", "99999999999999999999", "<script>"):
        html = await read(api, f"/search?q={quote(text)}")
        assert ("Nothing matches" in html) == bool(text), text
        assert "<script>" not in html.replace('<script src="', "")


async def test_search_offers_similar_names_and_known_places_without_data(api: RunningApi) -> None:
    await publish(api, "us/ca/berkeley")
    for text in ("Berkely", "berkley", "Bekreley"):
        html = await read(api, f"/search?q={text}")
        assert "Nothing matches" in html
        similar = html.partition('data-testid="suggestions"')[2].partition("</ul>")[0]
        assert re.findall(r'href="/sources/([^"]+)"', similar) == ["us/ca/berkeley"], text
    for text, path in (("Bayern", "/sources/de/by"), ("Los Angeles County", "/data?bbox=")):
        html = await read(api, f"/search?q={quote(text)}")
        assert "no data yet" in html
        assert f'href="{path}' in html
        assert "Nothing matches" not in html
    html = await read(api, "/search?q=94703")
    assert "postal codes" in html
    assert "suggestions" not in html


async def test_job_and_run_lead_to_what_they_belong_to(api: RunningApi) -> None:
    job = await publish(api, "us/ca/berkeley", github={"sha": "0a1b2c3d4e", "repository": "example/sources"})
    await api.database.execute(
        "INSERT INTO schedule_run (type, period, traceparent, run_id) VALUES ('sources', '2026-W48', '', %(run)s)",
        {"run": job["run_id"]},
    )
    await api.database.execute(
        "INSERT INTO bulk_action (action, filter, reason, kind, actor, role, jobs)"
        " VALUES ('rerun', '{}', '', 'session', 'ann', 'moderator', 1)"
    )
    await api.database.execute("INSERT INTO bulk_action_job VALUES (1, %(job)s, true, NULL)", {"job": job["id"]})
    html = await read(api, f"/jobs/{job['id']}")
    data = (await api.get("/api/data"))["data"][0]["id"]
    commit = "https://github.com/example/sources/commit/0a1b2c3d4e"
    for href in (f"/data/{data}", "/sources/us/ca/berkeley", f"/runs/{job['run_id']}", "/schedules/1", commit):
        assert f'href="{href}"' in html
    assert "Bulk action" in html
    await publish(api, "us/ca/other")
    assert [each["id"] for each in (await api.get("/api/job?bulk=1"))["jobs"]] == [job["id"]]
    run = await read(api, f"/runs/{job['run_id']}")
    assert 'href="/schedules/1"' in run
    assert f'href="{commit}"' in run


async def test_source_that_succeeds_again_is_no_longer_failing(api: RunningApi) -> None:
    await fill(api)
    (job,) = await make_jobs(api, "us/ca/oakland")
    await succeed(api, job)
    assert rows(await read(api, "/data?state=never")) == []
    assert rows(await read(api, "/data?state=failing")) == []


SPELLINGS = {
    "Köln": "de/nw/koeln",
    "koln": "de/nw/koeln",
    "KOELN": "de/nw/koeln",
    "Köln, Germany": "de/nw/koeln",
    "berkeley, ca": "us/ca/berkeley",
    "Berkeley, California": "us/ca/berkeley",
    "berkeley california": "us/ca/berkeley",
    "  berkeley ": "us/ca/berkeley",
    "California Berkeley": "us/ca/berkeley",
    "Köln Deutschland": "de/nw/koeln",
    "berkeley usa": "us/ca/berkeley",
}
ADDRESSES = {
    "https://github.com/openaddresses/openaddresses/blob/master/sources/us/ca/berkeley.json": "/sources/us/ca/berkeley",
    "https://batch.example.org/sources/us/ca/berkeley": "/sources/us/ca/berkeley",
    "openaddresses/sources/us/ca/berkeley.json": "/sources/us/ca/berkeley",
    "https://batch.example.org/jobs/1": "/jobs/1",
    "/data/1": "/data/1",
    "us/ca": "/sources/us/ca",
    "US/CA/Berkeley": "/sources/us/ca/berkeley",
    "USA": "/sources/us",
    "Deutschland": "/sources/de",
}


async def test_search_finds_a_name_however_it_is_written(api: RunningApi) -> None:
    await publish(api, "us/ca/berkeley")
    await publish(api, "de/nw/koeln")
    for text, source in SPELLINGS.items():
        assert rows(await read(api, f"/search?q={quote(text)}")) == [source], text
    assert rows(await read(api, f"/data?q={quote('Köln')}")) == ["de/nw/koeln"]
    for text, path in ADDRESSES.items():
        assert await target(api, text) == path, text


async def test_search_of_the_front_page_finds_places(api: RunningApi) -> None:
    await publish(api, "us/ca/berkeley")
    front = await (await api.client.get("/", headers={"accept": "text/html"})).text()
    (form,) = re.findall(r"<form[^>]*>(?:(?!</form>).)*id=\"f-place\"[^>]*>", front, re.DOTALL)
    form = form[form.rindex("<form") :]
    action, field = re.search(r'action="([^"]+)"', form), re.search(r'id="f-place"[^>]* name="([^"]+)"', form)
    assert action
    assert field
    response = await api.client.get(action[1], params={field[1]: "California"}, allow_redirects=False)
    assert response.headers["Location"] == "/sources/us/ca"


async def test_buttons_of_the_list_lead_to_the_same_selection(api: RunningApi) -> None:
    made = await fill(api)
    assert made
    for query in (*FILTERS, "state=never", "state=failing&source=us/", "state=published&q=us"):
        html = await read(api, f"/data?{query}")
        sources = rows(html)
        buttons = {
            label: href.replace("&amp;", "&")
            for href, label in re.findall(r'<a class="button" href="([^"]+)">(Feed|JSON|Attribution|Map)</a>', html)
        }
        answer = await api.get(buttons["JSON"])
        listed = {each["source_name"] for each in answer.get("data", answer.get("sources"))}
        assert listed == set(sources) - (set() if "sources" in answer else {"us/ca/oakland"}), query
        published = set(sources) - {"us/ca/oakland"}
        assert ("Feed" in buttons) == ("state=" not in query), query
        if "Feed" in buttons:
            feed = await read(api, buttons["Feed"])
            assert set(re.findall(r"<title>(\S+) addresses city</title>", feed)) == published, query
            attribution = await (await api.client.get(f"{buttons['Attribution']}&format=json")).json()
            assert {each["source_name"] for each in attribution["datasets"]} == published, query
