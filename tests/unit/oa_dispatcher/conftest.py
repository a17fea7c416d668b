from dataclasses import dataclass, field

import pytest

from oa_dispatcher.settings import DispatcherSettings
from support.fakes.memory_api import MemoryApi
from support.fakes.memory_batch import MemoryBatch
from support.fakes.memory_queue import MemoryQueue

SETTINGS = DispatcherSettings(
    stack="test",
    api_url="http://api",
    shared_secret="s",
    jobs_queue_url="jobs",
    results_queue_url="results",
    bucket="bucket",
    batch_queues={"manual": "queue-manual", "weekly": "queue-weekly", "pull_request": "queue-pr"},
    batch_definitions={"standard": "d-standard", "large": "d-large"},
)


@dataclass
class World:
    """The API, Batch and the results queue of a dispatcher, in memory."""

    api: MemoryApi = field(default_factory=MemoryApi)
    batch: MemoryBatch = field(default_factory=lambda: MemoryBatch("d-standard", "d-large"))
    results: MemoryQueue = field(default_factory=MemoryQueue)
    settings: DispatcherSettings = SETTINGS


@pytest.fixture
def world() -> World:
    return World()
