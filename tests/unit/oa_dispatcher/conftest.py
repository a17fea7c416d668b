from dataclasses import dataclass, field

import pytest

from oa_dispatcher.settings import DispatcherSettings
from support.dispatcher_settings import SETTINGS
from support.fakes.memory_api import MemoryApi
from support.fakes.memory_batch import MemoryBatch
from support.fakes.memory_queue import MemoryQueue


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
