"""The endpoints for containers: which attempts get credentials and URLs of inputs, and which requests are refused."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from oa_api.metrics import ATTEMPT_CREDENTIALS
from oa_shared.attempt_keys import AttemptKeys, KeysUnavailableError
from oa_shared.ids import new_token
from oa_shared.status import JobStatus
from support.product_jobs import end, publish
from support.publishing import job_of, make_job, report_status
from support.running_api import INTERNAL, RunningApi, running_api


class RecordingIssuer:
    """Issues keys that name their attempt; None makes it unavailable."""

    def __init__(self) -> None:
        self.issued: list[tuple[int, int]] = []
        self.is_down = False

    async def issue(self, job: int, attempt: int) -> AttemptKeys:
        if self.is_down:
            raise KeysUnavailableError("AssumeRole: Throttling")
        self.issued.append((job, attempt))
        return AttemptKeys(f"ASIA{job}", "secret", "session", 3600)


@pytest.fixture
def issuer() -> RecordingIssuer:
    return RecordingIssuer()


@pytest.fixture
async def issuing(database_url: str, issuer: RecordingIssuer) -> AsyncIterator[RunningApi]:
    async with running_api(database_url, key_issuer=issuer) as running:
        yield running


async def ask(
    api: RunningApi, job: int, attempt: int, token: str, name: str = "credentials", **fields: Any
) -> tuple[int, Any]:
    """Send the request of a container without any credential of an account; return the status and the body."""
    path = f"/api/job/{job}/attempt/{attempt}/{name}"
    response = await api.client.post(path, json={"token": token, **fields})
    assert response.status >= 400 or response.headers["Cache-Control"] == "no-store"
    return response.status, await response.json()


def requests(outcome: str) -> float:
    """Return how many requests for credentials had an outcome."""
    return ATTEMPT_CREDENTIALS.labels(outcome)._value.get()


async def test_open_attempt_gets_credentials_as_often_as_it_asks(issuing: RunningApi, issuer: RecordingIssuer) -> None:
    job = await make_job(issuing)
    before = requests("issued")
    for status in (None, JobStatus.RUNNING):
        if status is not None:
            await report_status(issuing.database, job, status)
        answered, body = await ask(issuing, job["id"], 1, job["token"])
        assert answered == 200
        keys = {"access_key_id": f"ASIA{job['id']}", "secret_access_key": "secret", "session_token": "session"}
        assert body == {"job": job["id"], "attempt": 1, "credentials": {**keys, "valid_s": 3600}}
    assert issuer.issued == [(job["id"], 1)] * 2
    assert requests("issued") == before + 2


async def test_system_without_credentials_of_attempts_answers_null(api: RunningApi) -> None:
    job = await make_job(api)
    before = requests("not_configured")
    status, body = await ask(api, job["id"], 1, job["token"])
    assert (status, body["credentials"]) == (200, None)
    assert requests("not_configured") == before + 1


async def test_token_of_another_attempt_gets_nothing(issuing: RunningApi, issuer: RecordingIssuer) -> None:
    job, other = await make_job(issuing), await make_job(issuing, "us/ca/oakland")
    before = requests("refused")
    for token in (other["token"], new_token(), job["token"][:8], "", "é"):
        status, body = await ask(issuing, job["id"], 1, token)
        assert status == 403
        assert job["token"] not in str(body)
    assert (await ask(issuing, 2**40, 1, job["token"]))[0] == 404
    assert (await ask(issuing, job["id"], 2, job["token"]))[0] == 409
    assert issuer.issued == []
    assert requests("refused") == before + 7


@pytest.mark.parametrize("outcome", ["canceled", "succeeded", "failed", "retried"])
async def test_attempt_that_is_over_gets_nothing(issuing: RunningApi, issuer: RecordingIssuer, outcome: str) -> None:
    job = await make_job(issuing)
    match outcome:
        case "canceled":
            await issuing.client.post(f"/api/job/{job['id']}/cancel", headers=INTERNAL)
        case "succeeded":
            await end(issuing, job["id"], result={"count": 1, "outputs": {}})
        case "failed":
            error = {"code": "source.not_found", "message": "gone"}
            await report_status(issuing.database, job, JobStatus.FAIL, error=error)
        case _:
            error = {"code": "infra.host_lost", "message": "gone"}
            await report_status(issuing.database, job, JobStatus.FAIL, error=error)
    assert (await ask(issuing, job["id"], 1, job["token"]))[0] == 409
    assert (await ask(issuing, job["id"], 1, job["token"], "inputs", keys=["x"]))[0] == 409
    assert issuer.issued == []
    if outcome == "retried":
        again = await job_of(issuing.database, job["id"])
        assert (await ask(issuing, job["id"], 2, again["token"]))[0] == 200


async def test_attempt_presumed_lost_still_gets_credentials_because_its_success_would_count(
    issuing: RunningApi, issuer: RecordingIssuer
) -> None:
    job = await make_job(issuing)
    lost = {"code": "infra.lost", "message": "not heard of"}
    for _ in range(6):
        job = await job_of(issuing.database, job["id"])
        await report_status(issuing.database, job, JobStatus.FAIL, error=lost)
    assert (await job_of(issuing.database, job["id"]))["status"] == "Fail"
    assert (await ask(issuing, job["id"], job["attempt"], job["token"]))[0] == 200
    assert issuer.issued == [(job["id"], job["attempt"])]


async def test_sts_that_throttles_is_an_outage_for_the_container(issuing: RunningApi, issuer: RecordingIssuer) -> None:
    job, issuer.is_down = await make_job(issuing), True
    before = requests("unavailable")
    status, body = await ask(issuing, job["id"], 1, job["token"])
    assert (status, body["code"]) == (503, "keys.unavailable")
    assert "Throttling" not in str(body)
    assert requests("unavailable") == before + 1


async def test_inputs_of_a_product_are_signed_if_its_plan_names_them(api: RunningApi) -> None:
    published = await publish(api, "us/ca/x")
    other = await publish(api, "us/ca/y")
    body = {"source": "us/ca/x", "format": "csv"}
    response = await api.client.post("/api/export", json=body, headers=INTERNAL)
    job = await job_of(api.database, (await response.json())["job"])
    key = f"job/{published}/attempt-1/source.parquet"
    status, answer = await ask(api, job["id"], 1, job["token"], "inputs", keys=[key])
    assert (status, [item["key"] for item in answer["inputs"]]) == (200, [key])
    assert answer["inputs"][0]["url"] == await api.storage.presign(key, 3600)
    for foreign in (f"job/{other}/attempt-1/source.parquet", f"job/{published}/attempt-1/result.json", "upload/1/x"):
        assert (await ask(api, job["id"], 1, job["token"], "inputs", keys=[key, foreign]))[0] == 403
    assert (await ask(api, job["id"], 1, new_token(), "inputs", keys=[key]))[0] == 403
    assert (await ask(api, job["id"], 1, job["token"], "inputs", keys=[key] * 101))[0] == 422


async def test_job_of_a_source_has_no_inputs(api: RunningApi) -> None:
    published, job = await publish(api, "us/ca/x"), await make_job(api, "us/ca/x")
    keys = [f"job/{published}/attempt-1/source.parquet"]
    assert (await ask(api, job["id"], 1, job["token"], "inputs", keys=keys))[0] == 403


async def test_requests_of_containers_leave_no_secret_in_the_log(
    issuing: RunningApi, capsys: pytest.CaptureFixture[str]
) -> None:
    job = await make_job(issuing)
    await ask(issuing, job["id"], 1, job["token"])
    await ask(issuing, job["id"], 1, new_token())
    printed = capsys.readouterr()
    lines = printed.out + printed.err
    assert "request_answered" in lines
    assert job["token"] not in lines
    assert "session_token" not in lines
