"""The review queue: one result after the other, with numbers and the decision."""

from support.finished_jobs import make_jobs, succeed
from support.running_api import INTERNAL, RunningApi


async def hold(api: RunningApi, *names: str) -> list[int]:
    """Publish each source, then hold a result that lost most features; return the held jobs."""
    for job in await make_jobs(api, *names):
        assert await succeed(api, job) == "Success"
    held = await make_jobs(api, *names)
    for job in held:
        assert await succeed(api, job, count=40, valid=40, fields={"number": 40, "street": 40}) == "Warn"
    return held


async def read(api: RunningApi, path: str) -> str:
    return await (await api.client.get(path)).text()


async def test_queue_leads_from_job_to_job_with_numbers_and_reasons(api: RunningApi) -> None:
    first, second, third = await hold(api, "xx/a", "xx/b", "xx/c")
    newest = await read(api, "/review")
    assert f"Job {third}<" in newest
    assert "1 of 3" in newest
    assert f"/review?job={second}" in newest
    assert "-60.0 %" in newest
    assert "count_dropped" in newest
    middle = await read(api, f"/review?job={second}")
    assert "2 of 3" in middle
    assert f'rel="prev" href="/review?job={third}"' in middle
    assert f'rel="next" href="/review?job={first}"' in middle
    filtered = await read(api, "/review?source=xx/a")
    assert "1 of 1" in filtered


async def test_queue_without_jobs_is_empty_and_a_decided_job_leads_back_to_it(api: RunningApi) -> None:
    assert "No results need review." in await read(api, "/review")
    (job,) = await hold(api, "xx/a")
    await api.client.post(f"/api/job/{job}/reject", json={}, headers=INTERNAL)
    response = await api.client.get(f"/review?job={job}", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, "/review")
