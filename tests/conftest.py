"""The servers that integration tests talk to: one Postgres and one AWS emulator for each pytest worker."""

import gc
import logging
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from oa_local.aws_client import client
from oa_local.batch.process import BatchProcess
from oa_local.emulator import Emulator
from oa_local.postgres import Postgres, migrate
from oa_local.provision import Queues, create_bucket, create_queues
from oa_shared.aws import Aws, open_aws
from support.databases import Databases
from support.distribution import binary_parameter_name, deal
from support.jumping_clock import jumping_clock
from support.leftovers import LeftoversPlugin
from support.worker_memory import FreedMemory

_TEMPLATE = "oa_template"
_MOST_MEMORY_MB, _MEMORY_STEP_MB = 4500, 200
_FREED_MEMORY = FreedMemory(step_mb=_MEMORY_STEP_MB)
# The time of an example depends on what else the machine does.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Divide the tests among the workers of pytest-xdist."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers > 1:
        items[:] = deal(items, workers)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Give binary parameters a name that is the same in every worker."""
    return binary_parameter_name(val, argname)


def pytest_collection_finish() -> None:
    """Exempt the objects of the collection from garbage collection, so that it frees those of tests sooner."""
    gc.collect()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(LeftoversPlugin())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Fail the test after which this process has more memory than all tests together require."""
    yield
    megabytes = _FREED_MEMORY.return_if_grown()
    assert megabytes < _MOST_MEMORY_MB, f"this process has grown to {megabytes} MB: see docs/testing.md"


@pytest.fixture(autouse=True)
def _fresh_logging() -> Iterator[None]:
    """Undo changes to the logging configuration: programs run in this process, and the next test needs every line."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
async def no_real_time(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Let the clock of the loop jump to its next timer; only for tests without threads and other processes."""
    with jumping_clock(monkeypatch):
        yield


def _short_name() -> str:
    return uuid.uuid4().hex[:12]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("postgres") / "data", fsync_off=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_template(postgres: Postgres) -> str:
    migrate(postgres.create(_TEMPLATE))
    return _TEMPLATE


@pytest.fixture(scope="session")
def databases(postgres: Postgres, migrated_template: str) -> Databases:
    return Databases(postgres, migrated_template)


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    name = databases.lend()
    yield databases.server.url(name)
    databases.take_back(name)


@pytest.fixture
def empty_database_url(postgres: Postgres) -> Iterator[str]:
    name = f"empty_{_short_name()}"
    yield postgres.create(name)
    postgres.drop(name)


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    server = Emulator(tmp_path_factory.mktemp("aws"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def aws(emulator: Emulator) -> dict[str, str]:
    return emulator.environ


@pytest.fixture
async def aws_clients(aws: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Aws]:
    """Open the AWS clients of the emulator like the services do."""
    for name, value in aws.items():
        monkeypatch.setenv(name, value)
    async with open_aws() as clients:
        yield clients


@pytest.fixture
def queues(aws: dict[str, str]) -> Iterator[Queues]:
    made = create_queues(aws, _short_name())
    yield made
    sqs = client("sqs", aws)
    for url in (made.jobs_url, made.jobs_dlq_url, made.results_url, made.results_dlq_url):
        sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def bucket(aws: dict[str, str]) -> str:
    return create_bucket(aws, f"test-{_short_name()}")


@pytest.fixture
def batch(tmp_path: Path, aws: dict[str, str], queues: Queues) -> Iterator[BatchProcess]:
    server = BatchProcess(tmp_path / "batch", environ=aws, results_queue_url=queues.results_url)
    server.start()
    yield server
    server.stop()
