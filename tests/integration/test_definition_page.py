"""The page of a definition, over HTTP."""

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
