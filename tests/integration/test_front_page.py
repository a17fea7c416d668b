"""The front page for visitors, the overview for operators, and the menu of each role."""

import re
from html import unescape

import pytest

from support.accounts import account, session
from support.finished_jobs import fail, make_jobs
from support.publishing import publish
from support.running_api import RunningApi

HTML = {"Accept": "text/html"}
_FAILING = """
    INSERT INTO dataset_health (source_name, layer, name, job_id, status, ended_at, failing_since)
    SELECT source_name, layer, name, job_id, 'Fail', now(), now() FROM data WHERE source_name LIKE 'us/ca/%%'
    ON CONFLICT (source_name, layer, name) DO UPDATE SET status = 'Fail', failing_since = now()
"""


async def _read(api: RunningApi, path: str, role: str = "") -> str:
    headers = dict(HTML)
    if role:
        await account(api, role, role)
        headers["Cookie"] = f"oa_session={await session(api, role)}"
    return await (await api.client.get(path, headers=headers)).text()


def _menu(html: str) -> list[str]:
    """Return the paths of the menu, in order."""
    return re.findall(r'<li><a href="([^"]+)"', html.partition("<nav")[2].partition("</nav>")[0])


async def test_root_is_the_front_page_for_browsers_and_json_for_others(api: RunningApi) -> None:
    await publish(api, "us/ca/a")
    await publish(api, "de/berlin")
    html = await _read(api, "/")
    assert 'action="/search" role="search"' in html
    for path in ("/data", "/guide/data", "/guide/check", "/overview", "/status", "/map"):
        assert f'href="{path}"' in html.partition("<main")[2], path
    assert re.search(r'Countries</span><span class="value">2<', html)
    assert (await api.client.get("/")).content_type == "application/json"


def _facets(html: str) -> dict[str, int]:
    """Return the number of sources of each facet by its URL."""
    found = re.findall(r'<li><a href="([^"]+)"[^>]*>[^<]*<span class="muted small">(\d+)</span>', html)
    return {unescape(href): int(number) for href, number in found}


async def test_totals_and_facets_are_those_of_the_lists_that_they_lead_to(api: RunningApi) -> None:
    for source in ("us/ca/a", "us/ca/b", "us/ny/c", "de/berlin", "alone"):
        await publish(api, source)
    (never,) = await make_jobs(api, "us/ca/never")
    await fail(api, never, "source.not_found", "gone")
    html = await _read(api, "/")
    stats = re.findall(r'href="([^"]+)"[^>]*><span[^>]*>(Sources|Countries)</span><span class="value">(\d+)<', html)
    assert sorted((name, number) for _, name, number in stats) == [("Countries", "2"), ("Sources", "5")]
    for href, name, number in stats:
        shown = await _read(api, href)
        assert f"{number} of {number} source" in shown or len(_facets(shown)) == int(number), name
    for path in ("/data", "/data?state=published", "/data?source=us/", "/data?state=never&source=us/"):
        facets = _facets(await _read(api, path))
        assert facets
        for href, sources in facets.items():
            assert f"{sources} of {sources} source" in await _read(api, href), href


async def test_pages_have_titles_and_descriptions_of_their_own(api: RunningApi) -> None:
    await publish(api, "us/ca/a")
    await publish(api, "us/ca/a", "county")
    await publish(api, "us/ca/a", '"><script>alert(1)</script>')
    titles, descriptions = set(), set()
    for path in ("/", "/data/1", "/data/2", "/data/3"):
        html = await _read(api, path)
        (title,), (description,) = (
            re.findall(pattern, html) for pattern in ("<title>([^<]+)", '<meta name="description" content="([^"]+)">')
        )
        assert f'<meta property="og:title" content="{title.partition(" · OpenAddresses")[0]}">' in html
        assert f'<meta property="og:description" content="{description}">' in html
        titles.add(title)
        descriptions.add(description)
    assert len(titles) == len(descriptions) == 4


async def test_search_of_the_front_page_filters_the_data(api: RunningApi) -> None:
    await publish(api, "us/ca/a")
    await publish(api, "de/berlin")
    field = re.search(r'<input id="f-place" name="(\w+)"', await _read(api, "/"))
    assert field
    response = await api.client.get("/data", params={field[1]: "de/"}, headers=HTML)
    assert response.status == 200
    main = (await response.text()).partition("<main")[2]
    assert "de/berlin" in main
    assert "us/ca/a" not in main


async def test_number_of_failing_datasets_is_that_of_the_list(api: RunningApi) -> None:
    for name in ("a", "b"):
        await publish(api, f"us/ca/{name}")
    await publish(api, "de/berlin")
    await api.database.execute(_FAILING)
    assert 'href="/health?state=failing" data-count="2"' in await _read(api, "/overview")
    main = (await _read(api, "/health?state=failing")).partition("<main")[2]
    assert len(re.findall(r'<th scope="row" data-label="Source">', main)) == 2


async def test_overview_shows_running_jobs_only_while_something_runs(api: RunningApi) -> None:
    await publish(api, "us/ca/a")
    assert "Running now" not in await _read(api, "/overview")
    await api.database.execute("UPDATE job SET status = 'Running', rank = 2, ended_at = NULL")
    assert "Running now" in await _read(api, "/overview")


@pytest.mark.parametrize("role", ["", "viewer", "author", "moderator", "admin"])
async def test_menu_follows_the_role(api: RunningApi, role: str) -> None:
    menu = _menu(await _read(api, "/overview", role))
    assert len(menu) == len(set(menu))
    assert {"/data", "/overview", "/guide/data", "/docs"} <= set(menu)
    assert menu[0] == ("/overview" if role in {"moderator", "admin"} else "/data")
    assert ("/schedules" in menu) == bool(role)
    assert ("/accounts" in menu) == (role == "admin")
    for path in menu:
        response = await api.client.get(path, headers={**HTML, **(await _cookie(api, role))})
        assert response.status in {200, 503}, path


async def _cookie(api: RunningApi, role: str) -> dict[str, str]:
    return {"Cookie": f"oa_session={await session(api, role)}"} if role else {}
