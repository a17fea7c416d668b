"""The page of a failed job: lines to correct, patch, answer of the server, retry, what is published."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from marshmallow import ValidationError

from oa_shared.failure_details import DETAILS, FailureDetails, FaultyPlace, Fix, FixAction, ServerAnswer
from oa_shared.job_result import read_result
from oa_shared.status import JobStatus
from support.finished_jobs import fail, make_jobs, report_status, succeed
from support.running_api import INTERNAL, RunningApi

_FIX = Fix(FixAction.REPLACE, "HOUSE_NO", "NO")
_ANSWER = ServerAnswer("http://x/a.csv", 200, {"Content-Type": "text/csv"}, "HOUSE_NO,ST\n<script>1</script>")
_DETAILS = FailureDetails([FaultyPlace("/conform/number", _FIX)], _ANSWER)


async def fail_with_details(api: RunningApi, job: int) -> str:
    outputs = {"profile.json": {"bytes": 10, "sha256": "0" * 64}}
    result: dict[str, Any] = {DETAILS: _DETAILS.as_json(), "outputs": outputs}
    error = {"code": "source.columns_missing", "message": "the data lacks 'NO'"}
    await report_status(api, job, JobStatus.RUNNING)
    return await report_status(api, job, JobStatus.FAIL, error=error, result=result)


async def test_failed_job_shows_its_line_the_patch_the_answer_and_what_is_published(api: RunningApi) -> None:
    (first,) = await make_jobs(api, "xx/a")
    assert await succeed(api, first) == "Success"
    failed, other = await make_jobs(api, "xx/a", "xx/b")
    assert await fail_with_details(api, failed) == await fail_with_details(api, other) == "Fail"
    text = await (await api.client.get(f"/jobs/{failed}")).text()
    assert f"/jobs/{failed}/definition#L" in text
    assert re.search(r"-\s+&#34;number&#34;: &#34;NO&#34;,", text)
    assert re.search(r"\+\s+&#34;number&#34;: &#34;HOUSE_NO&#34;,", text)
    assert "HTTP 200" in text
    assert "&lt;script&gt;1&lt;/script&gt;" in text
    assert f'/jobs/{first}">job {first}</a>' in text
    assert "1 other source" in text
    assert "Failing since" in text
    assert f"/jobs/{failed}/input" in text
    patch = await api.client.get(f"/jobs/{failed}/definition.patch")
    assert (patch.content_type, (await patch.text())[:6]) == ("text/plain", "--- a/")
    assert (await api.client.get(f"/jobs/{first}/definition.patch")).status == 404
    definition = await (await api.client.get(f"/jobs/{failed}/definition")).text()
    assert definition.count("mine faulty") == 1
    job = await api.get(f"/api/job/{failed}")
    assert job["result"][DETAILS] == _DETAILS.as_json()
    assert list(job["output"]) == ["profile.json"]


def test_details_out_of_bounds_are_refused() -> None:
    answer = {"url": "x", "status": 200, "headers": {}, "start": "x" * 10_000}
    with pytest.raises(ValidationError, match="start"):
        read_result({DETAILS: {"answer": answer}})


async def test_retry_shows_its_time_and_starts_now_on_request(api: RunningApi) -> None:
    (job,) = await make_jobs(api, "xx/a")
    assert await fail(api, job, "upstream.timeout", "slow") == "retried"
    text = await (await api.client.get(f"/jobs/{job}")).text()
    assert re.search(r"Attempt 2 starts <time [^>]*>in \d+ (?:s|min)</time> \(<time [^>]*>[\d: -]+ UTC</time>\)", text)
    assert "upstream.timeout" in text
    assert "Run now" not in text, "visitors cannot start it"
    assert f'action="/jobs/{job}/run-now"' in await (await api.client.get(f"/jobs/{job}", headers=INTERNAL)).text()
    response = await api.client.post(f"/api/job/{job}/run-now", json={}, headers=INTERNAL)
    assert (response.status, await response.json()) == (200, {"job": job, "attempt": 2})
    row = await api.database.first("SELECT max(available_at) AS at FROM outbox WHERE job_id = %(job)s", {"job": job})
    assert row is not None
    assert row["at"] < datetime.now(UTC) + timedelta(seconds=5)
    again = await api.client.post(f"/api/job/{job}/run-now", json={}, headers=INTERNAL)
    assert again.status == 409
