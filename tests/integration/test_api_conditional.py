"""A client that asks again for a job or a run gets 304 until it changes."""

import pytest

from support.running_api import INTERNAL, RunningApi, definition


@pytest.mark.parametrize("kind", ["job", "run"])
async def test_get_again_is_304_until_the_job_changes(api: RunningApi, kind: str) -> None:
    run = await api.run()
    _, created = await api.post_jobs(run, {"source": definition("a")})
    path = f"/api/{kind}/{run if kind == 'run' else created['jobs'][0]}"
    first = await api.client.get(path)
    tag = first.headers["ETag"]
    assert (first.status, first.headers["Cache-Control"]) == (200, "no-cache")
    again = await api.client.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status, again.headers["ETag"], await again.read()) == (304, tag, b"")
    cancel = f"/api/job/{created['jobs'][0]}/cancel"
    assert (await api.client.post(cancel, json={"reason": "x"}, headers=INTERNAL)).status == 200
    changed = await api.client.get(path, headers={"If-None-Match": tag})
    assert changed.status == 200
    assert changed.headers["ETag"] != tag
    assert (await changed.json())["id"]


async def test_get_job_as_a_service_has_its_token_and_no_tag(api: RunningApi) -> None:
    _, created = await api.post_jobs(await api.run(), {"source": definition("a")})
    path = f"/api/job/{created['jobs'][0]}"
    tag = (await api.client.get(path)).headers["ETag"]
    response = await api.client.get(path, headers={**INTERNAL, "If-None-Match": tag})
    assert response.status == 200
    assert (await response.json())["token"]
    assert "ETag" not in response.headers


async def test_get_unknown_job_is_404_whatever_the_client_has(api: RunningApi) -> None:
    response = await api.client.get("/api/job/999", headers={"If-None-Match": "*"})
    assert response.status == 404
