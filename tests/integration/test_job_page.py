"""The page of a job, over HTTP: what it shows of the place of the data, and of the times of attempts."""

import re

import pytest

from support.finished_jobs import succeed
from support.running_api import RunningApi, definition

_PROBLEM = {"code": "one_spot", "message": "nearly all features are within 0.03 m"}


@pytest.mark.parametrize("is_live", [True, False])
async def test_job_page_shows_once_that_the_data_is_in_the_wrong_place(api: RunningApi, *, is_live: bool) -> None:
    _, answer = await api.post_jobs(await api.run(live=is_live), {"source": definition("a"), "source_name": "xx/a"})
    job = answer["jobs"][0]
    placement = {"bounds": None, "coverage": None, "problems": [_PROBLEM]}
    assert await succeed(api, job, placement=placement) == ("Warn" if is_live else "Success")
    page = await (await api.client.get(f"/jobs/{job}")).text()
    assert page.count(_PROBLEM["message"]) == 1
    assert page.count(">one_spot</code>") == 1


async def test_attempt_that_waited_shows_its_wait_apart_from_its_run(api: RunningApi) -> None:
    _, answer = await api.post_jobs(await api.run(), {"source": definition("a"), "source_name": "xx/a"})
    job = answer["jobs"][0]
    await succeed(api, job)
    await api.database.execute(
        "UPDATE job_attempt SET created_at = started_at - interval '132 s', ended_at = started_at + interval '1 s'"
    )
    page = await (await api.client.get(f"/jobs/{job}")).text()
    assert re.findall(r'data-label="(Waited|Ran)"[^>]*>([^<]*)<', page) == [("Waited", "2 min 12 s"), ("Ran", "1 s")]
