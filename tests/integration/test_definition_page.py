"""The page of a definition, over HTTP."""

import json

from support.running_api import RunningApi, definition


async def test_definition_page_marks_the_entry_and_counts_the_lines_that_it_omits(api: RunningApi) -> None:
    large = definition(*(f"n{place}" for place in range(400)))
    _, answer = await api.post_jobs(await api.run(), {"source": large, "source_name": "xx/a"})
    first, last = answer["jobs"][0], answer["jobs"][-1]
    page = await (await api.client.get(f"/jobs/{first}/definition")).text()
    assert page.count('class="mine"') == 12
    assert "more lines not shown" in page
    page = await (await api.client.get(f"/jobs/{last}/definition")).text()
    assert page.count('class="mine"') == 12
    assert "lines before the entry not shown" in page
    assert "n399" in page


async def test_definition_that_is_sent_as_text_keeps_the_lines_of_its_author(api: RunningApi) -> None:
    text = json.dumps(definition("city"), indent=7) + "\n"
    _, answer = await api.post_jobs(await api.run(), {"source": text, "source_name": "xx/a"})
    (job,) = answer["jobs"]
    page = await (await api.client.get(f"/jobs/{job}/definition")).text()
    assert f"{' ' * 7}&#34;schema&#34;: 2" in page
    assert await (await api.client.get(f"/api/job/{job}/raw")).text() == text
    _, refused = await api.post_jobs(await api.run(), {"source": "{ not json", "source_name": "xx/a"})
    assert "not JSON" in str(refused)
