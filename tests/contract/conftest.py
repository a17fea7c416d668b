"""Each contract runs against the fake in memory and against the real adapter on the emulator."""

import uuid
from dataclasses import dataclass

import pytest

from oa_local.batch.process import BatchProcess
from oa_local.provision import Queues
from oa_shared.aws import Aws
from oa_shared.batch import BatchService
from oa_shared.queue import Queue
from oa_shared.storage import Storage
from support.fakes.memory_batch import MemoryBatch
from support.fakes.memory_queue import MemoryQueue
from support.fakes.memory_storage import MemoryStorage

KINDS = ("memory", "aws")


@dataclass(frozen=True, slots=True)
class QueuePair:
    queue: Queue
    dead_letters: Queue


@pytest.fixture(params=KINDS)
def pair(request: pytest.FixtureRequest) -> QueuePair:
    if request.param == "memory":
        dead_letters = MemoryQueue()
        return QueuePair(MemoryQueue(dead_letters=dead_letters), dead_letters)
    clients: Aws = request.getfixturevalue("aws_clients")
    queues: Queues = request.getfixturevalue("queues")
    return QueuePair(clients.queue(queues.jobs_url, queues.jobs_dlq_url), clients.queue(queues.jobs_dlq_url))


@pytest.fixture
def queue(pair: QueuePair) -> Queue:
    return pair.queue


@pytest.fixture(params=KINDS)
def storage(request: pytest.FixtureRequest) -> Storage:
    if request.param == "memory":
        return MemoryStorage()
    clients: Aws = request.getfixturevalue("aws_clients")
    return clients.storage(request.getfixturevalue("bucket"))


@dataclass(frozen=True, slots=True)
class BatchUnderTest:
    service: BatchService
    memory: MemoryBatch | None


@pytest.fixture(scope="module")
def batch_server(tmp_path_factory: pytest.TempPathFactory, aws: dict[str, str]) -> object:
    server = BatchProcess(tmp_path_factory.mktemp("batch"), environ=aws)
    try:
        server.start()
        server.client().register_job_definition(
            jobDefinitionName="sleeper",
            type="container",
            containerProperties={"image": "none", "command": ["sleep", "60"], "memory": 128},
        )
        server.client().create_job_queue(jobQueueName="q", priority=1, computeEnvironmentOrder=[])
        server.client().create_job_queue(
            jobQueueName="shared",
            priority=2,
            computeEnvironmentOrder=[],
            schedulingPolicyArn="arn:aws:batch:::scheduling-policy/p",
        )
        yield server
    finally:
        server.stop()


@pytest.fixture(params=KINDS)
def batch_under_test(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> BatchUnderTest:
    if request.param == "memory":
        memory = MemoryBatch("sleeper")
        memory.fair_share_queues = {"shared"}
        return BatchUnderTest(memory, memory)
    server: BatchProcess = request.getfixturevalue("batch_server")
    monkeypatch.setenv("AWS_ENDPOINT_URL_BATCH", server.url)
    clients: Aws = request.getfixturevalue("aws_clients")
    return BatchUnderTest(clients.batch(), None)


@pytest.fixture
def name() -> str:
    return f"oa-test-{uuid.uuid4().hex[:8]}"
