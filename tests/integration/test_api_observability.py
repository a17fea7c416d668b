"""One job through the API: every log line has its IDs, and the metrics count its events."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from oa_api.background.heartbeat import record_report
from oa_api.jobs.outbox_relay import relay_once
from oa_api.jobs.results_consumer import ResultsHandler
from oa_local.postgres import Postgres
from oa_shared.consumer import ConsumerOptions, QueueConsumer
from oa_shared.messages import StatusMessage, dump
from oa_shared.process_report import PartReport, ProcessReport
from oa_shared.queue import OutgoingMessage
from oa_shared.status import JobStatus
from support.fakes.memory_queue import MemoryQueue
from support.running_api import INTERNAL, RunningApi, definition, running_api

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}


@pytest.fixture
def lines() -> Any:
    """Every log line, with the context bound at its time."""
    import structlog  # noqa: PLC0415 - the processor is needed here alone

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as captured:
        yield captured


async def consume(api: RunningApi, message: StatusMessage) -> None:
    """Send a message through the results queue and the consumer that the API runs."""
    queue, stop = MemoryQueue(), asyncio.Event()
    await queue.send_batch([OutgoingMessage(dump(message))])
    handler = ResultsHandler(api.database, grace_s=60)
    options = ConsumerOptions(concurrency=2, visibility_s=30, wait_s=0.05)
    consumer = QueueConsumer(
        queue, handler.apply_batch, batch_size=1, is_ready=handler.is_ready, name="results", options=options
    )
    working = asyncio.create_task(consumer.run(stop))
    while queue._stored:  # noqa: ASYNC110 - the queue of the tests has no event for it
        await asyncio.sleep(0.01)
    stop.set()
    await working


def of(lines: list[dict[str, Any]], event: str, **more: Any) -> dict[str, Any]:
    found = [line for line in lines if line["event"] == event and more.items() <= line.items()]
    assert len(found) == 1, (event, more, lines)
    return found[0]


async def test_log_lines_of_a_job_have_its_ids(api: RunningApi, lines: list[dict[str, Any]]) -> None:
    run = await api.run(live=True)
    _, answer = await api.post_jobs(run, {"source": definition("a")}, **TRACEPARENT)
    (job,) = answer["jobs"]
    token = (await api.get(f"/api/job/{job}", **INTERNAL))["token"]
    change = {"status": "Submitted", "attempt": 1, "token": token, "batch_job": "b-1"}
    await api.client.patch(f"/api/job/{job}", json=change, headers={**INTERNAL, **TRACEPARENT})
    ids = {"job": job, "attempt": 1, "token": token, "at": datetime.now(UTC)}
    result = {"count": 5, "fields": {}, "outputs": {}}
    await consume(api, StatusMessage(**ids, seq=1, status=JobStatus.SUCCESS, result=result))

    whose = {"run_id": run, "job_id": job, "attempt": 1}
    posted = of(lines, "request_answered", method="POST", path=f"/api/run/{run}/jobs")
    assert posted["request_id"] == TRACE
    assert posted["run_id"] == run
    assert posted["status"] == 200
    got = of(lines, "request_answered", method="GET", path=f"/api/job/{job}")
    assert whose.items() <= got.items()
    patched = of(lines, "request_answered", method="PATCH")
    assert {**whose, "request_id": TRACE}.items() <= patched.items()
    for event in ("result_applied", "message_handled"):
        assert {**whose, "request_id": TRACE}.items() <= of(lines, event).items()


async def test_requests_of_one_connection_do_not_share_their_ids(api: RunningApi, lines: list[dict[str, Any]]) -> None:
    job = await api.job()
    lines.clear()
    await api.get(f"/api/job/{job['id']}")
    response = await api.client.get("/api")
    assert "job_id" not in of(lines, "request_answered", path="/api")
    assert response.headers["X-Request-Id"] == of(lines, "request_answered", path="/api")["request_id"]


async def test_later_attempt_stays_in_the_trace_of_its_job(api: RunningApi) -> None:
    run = await api.run()
    _, answer = await api.post_jobs(run, {"source": definition("a")}, **TRACEPARENT)
    (job,) = answer["jobs"]
    await api.client.post(f"/api/job/{job}/cancel", headers=INTERNAL)
    await api.client.post(f"/api/job/{job}/rerun", headers=INTERNAL)
    bodies = [row["body"] for row in await api.database.all("SELECT body FROM outbox ORDER BY id")]
    assert [TRACE in body for body in bodies] == [True, True]


async def metrics(api: RunningApi) -> dict[str, float]:
    text = await (await api.client.get("/metrics")).text()
    return {name: float(value) for name, _, value in (li.rpartition(" ") for li in text.splitlines() if li[0] != "#")}


async def test_metrics_count_requests_jobs_outbox_queues_and_workers(api: RunningApi) -> None:
    await api.job()
    dead = api.queues["jobs"].dead
    assert dead is not None
    await dead.send_batch([OutgoingMessage("x")])
    await record_report(api.database, ProcessReport("api@here:1", [PartReport("relay", 2.5)]))
    before = await metrics(api)
    assert before['oa_jobs{status="Pending"}'] == 1
    assert before["oa_outbox_waiting"] == 1
    assert before["oa_outbox_age_seconds"] > 0
    assert before['oa_dead_letters{queue="jobs"}'] == 1
    assert before['oa_worker_age_seconds{process="api@here:1",worker="relay"}'] >= 2.5
    assert await relay_once(api.database, api.queues["jobs"].main) == 1
    await api.get("/api/job/1")
    after = await metrics(api)
    assert after["oa_outbox_waiting"] == 0
    assert after['oa_queue_messages{queue="jobs",state="visible"}'] == 1
    sent = 'oa_outbox_relayed_total{outcome="sent"}'
    assert after[sent] == before.get(sent, 0) + 1
    counted = 'oa_request_duration_seconds_count{method="GET",route="/api/job/{job}",status="200"}'
    assert after[counted] == before.get(counted, 0) + 1


async def test_metrics_respond_while_dependencies_are_down(postgres: Postgres, migrated_template: str) -> None:
    async with running_api(postgres.create("away", template=migrated_template)) as api:
        for pair in api.queues.values():
            pair.main.is_down = True  # type: ignore[attr-defined] # queues in memory
        postgres.drop("away")
        values = await metrics(api)
        assert values["oa_database_up"] == 0
        assert values['oa_queue_up{queue="jobs"}'] == 0
        response = await api.client.get("/api/job")
        assert response.status == 503
        assert response.headers["Retry-After"] == "5"
        assert (await response.json())["code"] == "store.unavailable"
