"""Dead letters over the real SQS protocol: viewing and redriving lose nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

import pytest

from oa_api.db.database import Database
from oa_api.dead_letters import dead_letters
from oa_api.dead_letters.dead_letter import DeadLetterFilter
from oa_api.dead_letters.dead_letters import peek
from oa_api.dead_letters.reader import DeadLetterReader
from oa_api.http.app_keys import QueuePair
from oa_local.provision import Queues
from oa_shared.aws import open_aws
from oa_shared.queue import OutgoingMessage, QueueDepth, QueueUnavailableError, ReceivedMessage
from oa_shared.time_limits import remaining_wait_s
from support.fakes.memory_queue import MemoryQueue
from support.running_api import INTERNAL, RunningApi, running_api

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def api(
    database_url: str, queues: Queues, aws: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RunningApi]:
    for name, value in aws.items():
        monkeypatch.setenv(name, value)
    async with open_aws() as opened:
        pairs = {
            "jobs": QueuePair(opened.queue(queues.jobs_url), opened.queue(queues.jobs_dlq_url)),
            "results": QueuePair(opened.queue(queues.results_url), None),
        }
        async with running_api(database_url, queues=pairs) as running:
            yield running


async def ignore(_messages: object) -> None:
    """Record nothing before an action."""


def body(job: int) -> str:
    return json.dumps({"v": 1, "kind": "job.submit", "job": job, "attempt": 2, "token": TOKEN})


async def dead_letter(api: RunningApi, *bodies: str, reason: str = "on purpose") -> None:
    dead = api.queues["jobs"].dead
    assert dead is not None
    for start in range(0, len(bodies), 10):
        messages = [OutgoingMessage(text, attributes={"reason": reason}) for text in bodies[start : start + 10]]
        assert all(await dead.send_batch(messages))


async def list_dead(api: RunningApi, query: str = "limit=100") -> dict[str, object]:
    return dict(await api.get(f"/api/queue/jobs/dead?{query}", **INTERNAL))


async def redrive(api: RunningApi, **selection: object) -> dict[str, object]:
    response = await api.client.post("/api/queue/jobs/redrive", json=selection, headers=INTERNAL)
    return dict(await response.json())


async def test_list_queues_shows_depths_and_dead(api: RunningApi) -> None:
    await dead_letter(api, body(1), body(2))
    jobs, results = (await api.get("/api/queue"))["queues"]
    assert jobs == {"name": "jobs", "visible": 0, "in_flight": 0, "delayed": 0, "dead": 2}
    assert results["name"] == "results"
    assert results["dead"] is None


async def test_list_dead_decodes_messages_without_tokens_and_is_repeatable(api: RunningApi) -> None:
    await dead_letter(api, body(7), "not JSON")
    first, second = await list_dead(api), await list_dead(api)
    assert first == second
    by_body = {message["body"]: message for message in first["messages"]}  # type: ignore[attr-defined] # a list
    assert by_body["not JSON"]["message"] is None
    (decoded,) = [message for message in by_body.values() if message["message"]]
    assert decoded["job"] == 7
    assert decoded["attempt"] == 2
    assert decoded["reason"] == "on purpose"
    assert decoded["message"]["token"] == "…"
    assert TOKEN not in json.dumps(first)


@pytest.mark.parametrize("count", [0, 3, 120])
async def test_view_of_dead_letters_does_not_wait_for_further_messages(count: int) -> None:
    waits: list[float] = []

    class Recording(MemoryQueue):
        async def receive(self, max_messages: int, wait_s: float, visibility_s: int) -> list[ReceivedMessage]:
            waits.append(wait_s)
            return await super().receive(max_messages, wait_s, visibility_s)

    queue = Recording()
    await queue.send_batch([OutgoingMessage(body(job)) for job in range(count)])
    assert len(await peek(queue)) == count
    assert sum(waits) == 0
    assert (await queue.depth()).visible == count


class CountingQueue(MemoryQueue):
    """A queue that counts the calls that read it or return its messages."""

    calls = 0

    async def receive(self, max_messages: int, wait_s: float, visibility_s: int) -> list[ReceivedMessage]:
        self.calls += 1
        return await super().receive(max_messages, wait_s, visibility_s)

    async def change_visibility(self, receipt: str, seconds: int) -> None:
        raise AssertionError(f"one call for each message: {receipt}, {seconds} s")

    async def release_batch(self, receipts: Sequence[str]) -> None:
        self.calls += 1
        for receipt in receipts:
            await super().change_visibility(receipt, 0)


async def test_list_of_a_thousand_dead_letters_takes_few_calls_and_its_next_page_none() -> None:
    queue = CountingQueue()
    for start in range(0, 1000, 10):
        await queue.send_batch([OutgoingMessage(body(start + number)) for number in range(10)])
    messages, total = await dead_letters.list_dead_letters(queue, DeadLetterFilter())
    assert len(messages) == total.rows == 1000
    assert queue.calls <= 200
    queue.calls = 0
    again, _ = await dead_letters.list_dead_letters(queue, DeadLetterFilter(job=7))
    assert [message.job for message in again] == [7]
    assert queue.calls == 0
    assert (await queue.depth()).visible == 1000


async def test_list_of_dead_letters_is_read_again_after_a_change() -> None:
    queue, main = CountingQueue(), MemoryQueue()
    pair = QueuePair(main, queue)

    async def jobs() -> list[int | None]:
        messages, _ = await dead_letters.list_dead_letters(queue, DeadLetterFilter())
        return sorted(message.job or 0 for message in messages)

    async def nothing(_messages: list[ReceivedMessage]) -> None:
        """Record nothing."""

    await queue.send_batch([OutgoingMessage(body(job)) for job in (1, 2)])
    assert await jobs() == [1, 2]
    await queue.send_batch([OutgoingMessage(body(3))])
    assert await jobs() == [1, 2, 3]
    await dead_letters.redrive(pair, queue, DeadLetterFilter(job=2), before=nothing)
    await queue.send_batch([OutgoingMessage(body(4))])
    assert await jobs() == [1, 3, 4]
    await dead_letters.discard(queue, DeadLetterFilter(job=1), before=nothing)
    await queue.send_batch([OutgoingMessage(body(5))])
    assert await jobs() == [3, 4, 5]


class BlockedQueue(MemoryQueue):
    """A queue that answers no call until it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = asyncio.Event()

    async def depth(self) -> QueueDepth:
        await self.opened.wait()
        return await super().depth()

    async def receive(self, max_messages: int, wait_s: float, visibility_s: int) -> list[ReceivedMessage]:
        await self.opened.wait()
        return await super().receive(max_messages, wait_s, visibility_s)


async def page_with(api: RunningApi, *texts: str) -> str:
    """Return the page of dead letters as soon as it has these texts; htmx and browsers ask again as this does."""
    async with asyncio.timeout(60):
        while True:
            page = await (await api.client.get("/dead-letters?queue=results", headers=INTERNAL)).text()
            if all(text in page for text in texts):
                return page
            await asyncio.sleep(0.01)


async def test_page_of_dead_letters_does_not_wait_for_the_queue(database_url: str) -> None:
    dead = BlockedQueue()
    await dead.send_batch([OutgoingMessage(body(7), attributes={"reason": "unknown field"})])
    async with running_api(database_url, queues={"results": QueuePair(MemoryQueue(), dead)}) as api:
        page = await page_with(api, "Reading the queue.", 'hx-trigger="load delay:1s"', 'http-equiv="refresh"')
        assert "unknown field" not in page
        assert "No dead letters" not in page
        dead.opened.set()
        await page_with(api, "unknown field", "1 message.")
        dead.opened.clear()
        page = await page_with(api, "unknown field", "the queue is slow to respond")
        assert 'http-equiv="refresh"' not in page
        dead.opened.set()
        await dead.send_batch([OutgoingMessage(body(8), attributes={"reason": "second"})])
        await page_with(api, "unknown field", "second", "2 messages.")
        await api.client.post("/api/queue/results/discard", json={"job": 7}, headers=INTERNAL)
        assert "unknown field" not in await page_with(api, "second", "1 message.")
        dead.is_down = True
        await page_with(api, "second", "The queue cannot be read")
        dead.is_down = False
        dead.opened.clear()
        await page_with(api, "the queue is slow to respond")


async def test_page_of_a_queue_that_is_down_shows_the_reason(database_url: str) -> None:
    dead = MemoryQueue()
    dead.is_down = True
    async with running_api(database_url, queues={"results": QueuePair(MemoryQueue(), dead)}) as api:
        await page_with(api, "The queue cannot be read", "Try again")
        response = await api.client.get("/dead-letters?queue=results", headers=INTERNAL)
        assert response.status == 503
        assert "No dead letters" not in await response.text()


async def test_view_of_long_dead_letters_keeps_their_start() -> None:
    queue, reader = MemoryQueue(), DeadLetterReader()
    await queue.send_batch([OutgoingMessage(json.dumps({"kind": "x" * 9, "job": 4, "text": "y" * 200_000}))])
    await reader.view(queue, DeadLetterFilter())
    await asyncio.gather(*reader._reads.values())
    (message,) = (await reader.view(queue, DeadLetterFilter(job=4))).messages
    assert (message.kind, message.message, len(message.body)) == ("x" * 9, None, 4000)
    assert (await reader.view(queue, DeadLetterFilter(job=5))).messages == []
    await reader.close()


async def test_long_dead_letters_are_not_kept_in_memory() -> None:
    queue = CountingQueue()
    for number in range(20):
        await queue.send_batch([OutgoingMessage(f"{number} " + "x" * 250_000)])
    for _ in range(2):
        queue.calls = 0
        assert len((await dead_letters.list_dead_letters(queue, DeadLetterFilter()))[0]) == 20
        assert queue.calls > 0


async def test_view_of_dead_letters_returns_what_it_received_when_a_call_fails(api: RunningApi) -> None:
    class Failing(MemoryQueue):
        calls = 0

        async def receive(self, max_messages: int, wait_s: float, visibility_s: int) -> list[ReceivedMessage]:
            self.calls += 1
            if self.calls == 2:
                raise QueueUnavailableError("down")
            return await super().receive(max_messages, wait_s, visibility_s)

    queue = Failing()
    await queue.send_batch([OutgoingMessage(str(number)) for number in range(40)])
    with pytest.raises(QueueUnavailableError):
        await peek(queue)
    assert (await queue.depth()).visible == 40


async def test_list_dead_pages_show_each_message_once(api: RunningApi) -> None:
    await dead_letter(api, *(body(job) for job in range(25)))
    pages = [await list_dead(api, f"limit=10&page={page}") for page in range(3)]
    seen = [message["job"] for page in pages for message in page["messages"]]  # type: ignore[attr-defined] # a list
    assert sorted(seen) == list(range(25))
    assert [page["total"] for page in pages] == [25, 25, 25]


async def test_redrive_all_moves_every_message_and_drops_the_reason(api: RunningApi) -> None:
    await dead_letter(api, *(body(job) for job in range(23)))
    assert await redrive(api) == {"queue": "jobs", "redriven": 23, "not_found": [], "left": 0}
    main = api.queues["jobs"].main
    received = [message for _ in range(4) for message in await main.receive(10, 1, 30)]
    assert sorted(json.loads(message.body)["job"] for message in received) == list(range(23))
    assert all(message.attributes == {} for message in received)


async def test_redrive_of_selected_messages_moves_them_and_reports_missing_ones(api: RunningApi) -> None:
    await dead_letter(api, *(body(job) for job in range(5)))
    messages = (await list_dead(api))["messages"]
    chosen = messages[2]["id"]  # type: ignore[index] # a list
    answer = await redrive(api, messages=[chosen, "nobody"])
    assert answer == {"queue": "jobs", "redriven": 1, "not_found": ["nobody"], "left": 4}
    assert chosen not in [message["id"] for message in (await list_dead(api))["messages"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/api/queue/other/dead", "/api/queue/results/dead"])
async def test_list_dead_of_a_missing_queue_is_not_found(api: RunningApi, path: str) -> None:
    response = await api.client.get(path, headers=INTERNAL)
    assert response.status == 404
    assert "queue" in (await response.json())["detail"]


class RefusingQueue(MemoryQueue):
    """Accepts one message per call, and fails from the third call on."""

    calls = 0

    async def send_batch(self, messages: object) -> list[bool]:
        self.calls += 1
        if self.calls > 2:
            raise QueueUnavailableError("down")
        first, *rest = list(messages)  # type: ignore[call-overload] # a sequence of messages
        return [*await super().send_batch([first]), *(False for _ in rest)]


async def test_redrive_to_a_failing_queue_keeps_unsent_messages() -> None:
    main, dead = RefusingQueue(), MemoryQueue()
    await dead.send_batch([OutgoingMessage(body(job)) for job in range(25)])
    with pytest.raises(QueueUnavailableError):
        await dead_letters.redrive(QueuePair(main, dead), dead, DeadLetterFilter(), before=ignore)
    depths = (await main.depth(), await dead.depth())
    assert depths[0].visible == 2
    assert depths[1].visible == 23
    assert depths[1].in_flight == 0


async def test_canceled_preview_returns_every_message() -> None:
    class Stalling(MemoryQueue):
        calls = 0

        async def receive(self, max_messages: int, wait_s: float, visibility_s: int) -> list[ReceivedMessage]:
            self.calls += 1
            if self.calls > 1:
                await asyncio.sleep(60)
            return await super().receive(max_messages, wait_s, visibility_s)

    dead = Stalling()
    await dead.send_batch([OutgoingMessage(body(job)) for job in range(15)])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await dead_letters.peek(dead)
    assert (await dead.depth()).visible == 15
    assert (await dead.depth()).in_flight == 0


async def audit_entries(api: RunningApi) -> list[tuple[str, str, int, list[int | None]]]:
    rows = await api.database.all(
        "SELECT action, reason, detail FROM audit WHERE action IN ('queue.redrive', 'queue.discard') ORDER BY id"
    )
    return [
        (row["action"], row["reason"], row["detail"]["letters"], [named["job"] for named in row["detail"]["named"]])
        for row in rows
    ]


async def test_dead_letters_are_selected_by_kind_reason_and_job(api: RunningApi) -> None:
    await dead_letter(api, body(1), body(2), reason="unknown field: colour")
    await dead_letter(api, "not json", reason="not JSON")
    for query, jobs in {
        "kind=job.submit": [1, 2],
        "job=2": [2],
        "reason_contains=colour": [1, 2],
        "reason_contains=JSON": [None],
        "kind=job.status": [],
    }.items():
        found = await list_dead(api, query)
        assert {message["job"] for message in found["messages"]} == set(jobs), query  # type: ignore[index,attr-defined]
        assert found["total"] == len(jobs), query  # type: ignore[index]


async def test_redrive_by_filter_moves_matching_messages_and_is_audited(api: RunningApi) -> None:
    await dead_letter(api, body(1), body(2), body(3))
    done = await redrive(api, job=2, reason="the API knows the field now")
    assert done["redriven"] == 1
    assert done["left"] == 2
    assert await audit_entries(api) == [("queue.redrive", "the API knows the field now", 1, [2])]


async def test_discard_by_filter_deletes_matching_messages_only(api: RunningApi) -> None:
    await dead_letter(api, body(1), body(2))
    await dead_letter(api, "not json", reason="not JSON")
    selection = {"reason_contains": "not JSON", "reason": "a test sent it"}
    response = await api.client.post("/api/queue/jobs/discard", json=selection, headers=INTERNAL)
    assert await response.json() == {"queue": "jobs", "discarded": 1, "not_found": [], "left": 2}
    assert await audit_entries(api) == [("queue.discard", "a test sent it", 1, [None])]
    assert {message["job"] for message in (await list_dead(api))["messages"]} == {1, 2}  # type: ignore[index,attr-defined]


async def test_discard_without_a_selection_is_refused(api: RunningApi) -> None:
    response = await api.client.post("/api/queue/jobs/discard", json={"reason": "x"}, headers=INTERNAL)
    assert response.status == 422


async def test_dead_letters_stay_when_the_audit_entry_cannot_be_written(api: RunningApi, database_url: str) -> None:
    await dead_letter(api, body(1))
    owner = await Database.open(database_url, connections=1)
    await owner.execute("ALTER TABLE audit RENAME TO gone")
    await owner.close()
    for action in ("redrive", "discard"):
        response = await api.client.post(f"/api/queue/jobs/{action}", json={"job": 1}, headers=INTERNAL)
        assert response.status == 500
    assert (await list_dead(api))["total"] == 1


@pytest.mark.parametrize("path", ["/api/queue", "/api/queue/results/dead"])
async def test_queue_call_has_a_short_limit(database_url: str, path: str) -> None:
    limits: list[float] = []

    class Hanging(MemoryQueue):
        async def depth(self) -> QueueDepth:
            limits.append(remaining_wait_s())
            raise QueueUnavailableError("timed out")

    async with running_api(database_url, queues={"results": QueuePair(Hanging(), Hanging())}) as api:
        limits.clear()
        response = await api.client.get(path, headers=INTERNAL)
        assert response.status == 503
        assert (await response.json())["code"] == "queue.unavailable"
    assert limits
    assert max(limits) <= 2


async def test_page_answers_at_once_while_the_server_of_the_queue_is_stopped(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server takes connections and answers nothing, as one that is stopped or blocked does; then it works again."""
    resumed = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        await resumed.wait()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    environ = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {**environ, "AWS_ENDPOINT_URL": url}.items():
        monkeypatch.setenv(name, value)
    async with server, open_aws() as aws:
        pair = QueuePair(MemoryQueue(), aws.queue(f"{url}/000000000000/dead"))
        async with running_api(database_url, queues={"results": pair}) as api:
            # The wait for a queue ends with "cannot be read" after 2 s: this answer did not wait so long.
            page = await page_with(api, "Reading the queue.", 'hx-trigger="load delay:1s"')
            assert "No dead letters" not in page
            resumed.set()
            await page_with(api, "The queue cannot be read")
