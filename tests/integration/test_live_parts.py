"""The parts of pages that events fetch again are parts, for the address of the page with its filter."""

import re

from support.accounts import account, session
from support.running_api import RunningApi

PAGES = ("/errors?days=3", "/health", "/schedules", "/bulk", "/pauses", "/collections", "/runs", "/jobs", "/data")


async def test_each_live_part_of_a_list_is_answered_without_its_page(api: RunningApi) -> None:
    await api.job()
    await account(api, "ada", "admin")
    headers = {"Accept": "text/html", "Cookie": f"oa_session={await session(api, 'ada')}"}
    for page in PAGES:
        html = await (await api.client.get(page, headers=headers)).text()
        parts = re.findall(r'id="(\w+)" hx-get="([^"]+)"', html)
        assert parts, page
        for name, path in parts:
            response = await api.client.get(path, headers={**headers, "HX-Request": "true", "HX-Target": name})
            part = await response.text()
            assert response.status == 200, (page, name)
            assert part.strip(), (page, name)
            assert "<html" not in part, (page, name)
