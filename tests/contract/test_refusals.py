"""The AWS adapters distinguish refusals from unknown outcomes; a scripted server answers them."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aioboto3
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from botocore.config import Config

from oa_shared.aws import open_aws
from oa_shared.aws.batch import AwsBatch
from oa_shared.batch import BatchForbiddenError, BatchRefusedError, BatchUnknownError, SubmitRequest
from oa_shared.queue import OutgoingMessage, QueueUnavailableError
from oa_shared.storage import StorageUnavailableError

REQUEST = SubmitRequest("oa-test-1-1-00000000", "q", "d")


@dataclass
class Script:
    """The response of the server to every call, and the number of calls."""

    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    calls: int = 0
    hangs_up: bool = False
    delay_s: float = 0
    # Refuses a call by its JSON; the others are accepted, entry by entry.
    refuses: Callable[[list[str]], str] | None = None
    sent: list[str] = field(default_factory=list)

    def answer_batch(self, entries: list[dict[str, str]]) -> web.Response:
        """Answer a SendMessageBatch, with an error for the whole call if `refuses` returns its code."""
        bodies = [entry["MessageBody"] for entry in entries]
        code = self.refuses(bodies) if self.refuses else ""
        if code:
            return web.json_response({"__type": f"com.amazonaws.sqs#{code}", "message": "no"}, status=400)
        self.sent += bodies
        digests = [hashlib.md5(body.encode(), usedforsecurity=False).hexdigest() for body in bodies]
        accepted = [
            {"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": digest}
            for entry, digest in zip(entries, digests, strict=True)
        ]
        return web.json_response({"Successful": accepted, "Failed": []})


@pytest.fixture
async def script(aws: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Script]:
    script = Script()

    async def response(request: web.Request) -> web.Response:
        script.calls += 1
        body = await request.read()
        await asyncio.sleep(script.delay_s)
        if script.refuses:
            return script.answer_batch(json.loads(body)["Entries"])
        if script.hangs_up and request.transport is not None:
            request.transport.abort()
        return web.json_response(script.body, status=script.status, headers=script.headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", response)
    async with TestServer(app, host="127.0.0.1") as server:
        for name, value in {**aws, "AWS_ENDPOINT_URL": str(server.make_url("/"))}.items():
            monkeypatch.setenv(name, value)
        yield script


@pytest.mark.parametrize(
    ("status", "code", "throttled"),
    [
        (400, "ClientException", False),
        (429, "TooManyRequestsException", True),
        (400, "ThrottlingException", True),
    ],
)
async def test_submit_refused_is_definite(script: Script, status: int, code: str, *, throttled: bool) -> None:
    script.status, script.headers = status, {"x-amzn-ErrorType": code}
    async with open_aws() as opened:
        with pytest.raises(BatchRefusedError) as refused:
            await opened.batch().submit(REQUEST)
    assert refused.value.throttled == throttled
    assert script.calls == 1


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDeniedException"), (400, "ExpiredTokenException")])
async def test_call_without_permission_is_forbidden(script: Script, status: int, code: str) -> None:
    script.status, script.headers = status, {"x-amzn-ErrorType": code}
    async with open_aws() as opened:
        with pytest.raises(BatchForbiddenError):
            await opened.batch().submit(REQUEST)
        with pytest.raises(BatchForbiddenError):
            await opened.batch().find_by_name("queue", "name")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_submit_with_a_server_error_is_unknown_and_never_repeated(script: Script, status: int) -> None:
    script.status, script.headers = status, {"x-amzn-ErrorType": "ServerException"}
    async with open_aws() as opened:
        with pytest.raises(BatchUnknownError):
            await opened.batch().submit(REQUEST)
    assert script.calls == 1


async def test_submit_with_a_lost_response_is_unknown_and_never_repeated(script: Script) -> None:
    script.hangs_up = True
    async with open_aws() as opened:
        with pytest.raises(BatchUnknownError):
            await opened.batch().submit(REQUEST)
    assert script.calls == 1


async def test_submit_without_a_response_in_time_is_unknown(script: Script) -> None:
    script.delay_s = 1.0
    config = Config(connect_timeout=0.2, read_timeout=0.2, retries={"total_max_attempts": 1, "mode": "standard"})
    async with aioboto3.Session().client("batch", config=config) as client:
        with pytest.raises(BatchUnknownError):
            await AwsBatch(client).submit(REQUEST)
    assert script.calls == 1


async def test_send_batch_partly_accepted_flags_exactly_those(script: Script) -> None:
    accepted = {"Id": "1", "MessageId": "m", "MD5OfMessageBody": "92eb5ffee6ae2fec3ad71c777531578f"}
    failed = {"Id": "0", "Code": "InternalError", "SenderFault": False, "Message": "no"}
    script.body = {"Successful": [accepted], "Failed": [failed]}
    async with open_aws() as opened:
        flags = await opened.queue("http://queue/1/q").send_batch([OutgoingMessage("a"), OutgoingMessage("b")])
    assert flags == [False, True]


@pytest.mark.parametrize("is_sender_fault", [True, False])
async def test_send_batch_with_no_message_accepted_is_unavailable_if_sqs_is_at_fault(
    script: Script, *, is_sender_fault: bool
) -> None:
    script.body = {"Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": is_sender_fault, "Message": "no"}]}
    async with open_aws() as opened:
        queue = opened.queue("http://queue/1/q")
        if is_sender_fault:
            assert await queue.send_batch([OutgoingMessage("a")]) == [False]
            return
        with pytest.raises(QueueUnavailableError):
            await queue.send_batch([OutgoingMessage("a")])


@pytest.mark.parametrize(
    "code",
    ["InvalidMessageContents", "BatchRequestTooLong", "InvalidParameterValue", "AWS.SimpleQueueService.EmptyValue"],
)
@pytest.mark.parametrize("bad", [{0}, {9}, {3, 4}, set(range(10))])
async def test_send_batch_refused_as_a_whole_is_split_until_the_message_is_alone(
    script: Script, code: str, bad: set[int]
) -> None:
    bodies = [f"{'bad' if index in bad else 'good'} {index}" for index in range(10)]
    script.refuses = lambda sent: code if any(body.startswith("bad") for body in sent) else ""
    async with open_aws() as opened:
        flags = await opened.queue("http://queue/1/q").send_batch([OutgoingMessage(body) for body in bodies])
    assert flags == [index not in bad for index in range(10)]
    assert sorted(script.sent) == [body for body in bodies if body.startswith("good")]


async def test_send_batch_refused_for_its_size_is_sent_in_parts(script: Script) -> None:
    script.refuses = lambda sent: "BatchRequestTooLong" if sum(map(len, sent)) > 1000 else ""
    async with open_aws() as opened:
        flags = await opened.queue("http://queue/1/q").send_batch([OutgoingMessage("x" * 400) for _ in range(10)])
    assert flags == [True] * 10


@pytest.mark.parametrize("code", ["AccessDeniedException", "QueueDoesNotExist", "RequestThrottled"])
async def test_send_batch_refused_for_another_reason_than_its_content_is_unavailable(script: Script, code: str) -> None:
    script.refuses = lambda _sent: code
    async with open_aws() as opened:
        with pytest.raises(QueueUnavailableError):
            await opened.queue("http://queue/1/q").send_batch([OutgoingMessage("a"), OutgoingMessage("b")])


async def test_call_with_invalid_parameters_is_a_definite_refusal(script: Script) -> None:
    request: Any = SubmitRequest("oa-test-1-1-00000000", "q", "d", {"OA_JOB": 7})  # type: ignore[dict-item]
    async with open_aws() as opened:
        with pytest.raises(BatchRefusedError):
            await opened.batch().submit(request)
    assert script.calls == 0


async def test_send_batch_refused_is_unavailable(script: Script) -> None:
    script.status, script.headers = 403, {"x-amzn-ErrorType": "AccessDenied"}
    async with open_aws() as opened:
        with pytest.raises(QueueUnavailableError):
            await opened.queue("http://queue/1/q").send_batch([OutgoingMessage("a")])


async def test_put_new_refused_by_the_store_is_neither_written_nor_present(script: Script) -> None:
    script.status = 403
    async with open_aws() as opened:
        with pytest.raises(StorageUnavailableError):
            await opened.storage("b").put_new("claim", b"x")
