from collections.abc import Iterator

import pytest

from faults.system import System


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Return one stack for all tests of a module; each test creates jobs of its own."""
    stack = System(tmp_path_factory.mktemp("system"))
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture(autouse=True)
def _restore_system(request: pytest.FixtureRequest) -> Iterator[None]:
    """Withdraw all crash points and restart all services for the next test."""
    yield
    if "system" in request.fixturenames:
        system: System = request.getfixturevalue("system")
        system.kept_down.clear()
        system.collect_crashes()
        system.restart_dead()
