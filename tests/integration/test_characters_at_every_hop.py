"""A job whose texts have characters of each class ends with a status: from the API to its report and back."""

import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from oa_api.db.database import Database
from oa_api.jobs.outbox_relay import relay_once
from oa_api.jobs.results_consumer import ResultsHandler
from oa_dispatcher.submission import Submission
from oa_dispatcher.token_bucket import TokenBucket
from oa_shared.carriers import MAX_HOST, MAX_NAME, why_not_name
from oa_shared.messages import StatusMessage, dump, parse_job_message
from oa_shared.outcomes import Ack, DeadLetter
from oa_shared.postgres_json import why_not_storable
from oa_shared.queue import ReceivedMessage
from oa_shared.settings import read_settings
from oa_shared.status import JobStatus
from oa_task.job.settings import JobSettings
from oa_task.job.status_reporter import StatusReporter
from support.character_classes import CHARACTER_CLASSES
from support.consuming import handle_one
from support.dispatcher_settings import SETTINGS
from support.fakes.memory_api import MemoryApi
from support.fakes.memory_batch import MemoryBatch
from support.fakes.memory_queue import MemoryQueue
from support.planned_jobs import create_planned_jobs
from support.running_api import RunningApi, definition

CLASSES = pytest.mark.parametrize("name", CHARACTER_CLASSES)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


async def row_of(database: Database, job: int) -> dict[str, Any]:
    row = await database.first("SELECT * FROM job WHERE id = %(job)s", {"job": job})
    assert row is not None
    return row


async def receive(queue: MemoryQueue) -> ReceivedMessage:
    (message,) = await queue.receive(1, 0, 30)
    return message


async def dispatch(message: ReceivedMessage) -> MemoryBatch:
    """Handle a message of the jobs queue, and return Batch with what was submitted."""
    api, batch = MemoryApi(), MemoryBatch("d-standard")
    job = parse_job_message(message.body)
    api.add(job.job, token=job.token)
    submission = Submission(SETTINGS, api=api, batch=batch, bucket=TokenBucket(1000))
    assert await handle_one(submission.handle_batch, message) == Ack()
    return batch


@CLASSES
async def test_name_posted_to_the_api_is_a_job_or_a_problem(api: RunningApi, name: str) -> None:
    text = f"n{CHARACTER_CLASSES[name]}"
    status, answer = await api.post_jobs(await api.run(), {"source": definition(text), "source_name": "xx/a"})
    if why_not_name(text) is not None:
        assert status == 422
        assert await api.count("job") == 0
        return
    assert status == 200
    assert (await api.get(f"/api/job/{answer['jobs'][0]}"))["name"] == text
    assert await relay_once(api.database, api.queues["jobs"].main) == 1


@CLASSES
async def test_name_in_the_database_reaches_the_container(database: Database, name: str) -> None:
    text, queue = f"n{CHARACTER_CLASSES[name]}", MemoryQueue()
    if why_not_storable(text) is not None:
        pytest.skip("Postgres cannot hold such a job")
    await create_planned_jobs(database, text)
    assert await relay_once(database, queue) == 1
    (entry,) = (await dispatch(await receive(queue))).entries.values()
    assert entry.job.status == "RUNNABLE"
    settings = read_settings(JobSettings, dict(entry.request.environment))
    assert (settings.name, settings.source_name) == (text, "xx/a")


@CLASSES
async def test_texts_of_a_report_reach_the_database(database: Database, name: str) -> None:
    text, queue = f"n{CHARACTER_CLASSES[name]}", MemoryQueue()
    failed, done = await create_planned_jobs(database, "a", "b", live=False)
    for job, status, texts in (
        (failed, JobStatus.FAIL, {"error": {"code": "source.format", "message": text}}),
        (done, JobStatus.SUCCESS, {"result": {"count": 1, "warnings": [text], "rows": {"bad": {text: float("nan")}}}}),
    ):
        token = (await row_of(database, job))["token"]
        settings = JobSettings(
            job=job,
            attempt=1,
            token=token,
            layer="addresses",
            name="a",
            api_url="",
            bucket="",
            results_queue_url="",
        )
        reporter = StatusReporter(settings, queue)
        await reporter.send(reporter.message(status, **texts))
        message = await receive(queue)
        assert await handle_one(ResultsHandler(database, grace_s=60).apply_batch, message) == Ack()
    row = await row_of(database, failed)
    assert (row["status"], row["error_code"]) == ("Fail", "source.format")
    assert row["error_message"].startswith("n")
    assert (await row_of(database, done))["status"] == "Success"
    if "\ufffd" not in row["error_message"]:
        assert row["error_message"] == text
        assert (await row_of(database, done))["result"]["warnings"] == [text]


@CLASSES
async def test_foreign_message_with_the_text_becomes_a_dead_letter(database: Database, name: str) -> None:
    """Anything may be on the results queue; a message that cannot be applied is put aside with a reason."""
    dead = MemoryQueue()
    queue = MemoryQueue(dead_letters=dead)
    body = json.dumps({"v": 1, "kind": f"k{CHARACTER_CLASSES[name]}", "reason": CHARACTER_CLASSES[name]})
    message = ReceivedMessage("m", body, "r")
    outcome = await handle_one(ResultsHandler(database, grace_s=60).apply_batch, message)
    assert isinstance(outcome, DeadLetter)
    await queue.dead_letter(message, f"{outcome.reason}{CHARACTER_CLASSES[name] * 500}")
    letter = await receive(dead)
    assert letter.body == body
    assert 0 < len(letter.attributes["reason"].encode()) <= 1000


async def test_longest_names_end_as_a_failure_and_as_published_data(api: RunningApi) -> None:
    """Letters of four bytes that no compression shortens: each index row stays below its limit."""
    letters = [chr(number) for number in range(0x20000, 0x20000 + 5000)]
    picked = random.Random(1)  # noqa: S311 - not cryptography
    source, name, host = ("".join(picked.choices(letters, k=length)) for length in (MAX_NAME, MAX_NAME, MAX_HOST))
    body = definition(name)
    body["layers"]["addresses"][0]["data"] = f"http://{host}/a.csv"
    for status, code in (("Fail", "source.format"), ("Success", None)):
        posted, answer = await api.post_jobs(await api.run(live=True), {"source": body, "source_name": source})
        assert posted == 200
        row = await row_of(api.database, answer["jobs"][0])
        assert (row["source_name"], row["name"], row["host"]) == (source, name, host)
        message = StatusMessage(
            row["id"],
            1,
            row["token"],
            1,
            JobStatus(status),
            datetime.now(UTC),
            error={"code": code, "message": "x"} if code else None,
            result=None if code else {"count": 1, "fields": {}, "outputs": {}},
        )
        outcome = await handle_one(
            ResultsHandler(api.database, grace_s=60).apply_batch, ReceivedMessage("m", dump(message), "r")
        )
        assert outcome == Ack()
        assert (await row_of(api.database, row["id"]))["status"] == status
    assert await api.count("data") == 1
