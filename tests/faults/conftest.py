from collections.abc import Iterator

import pytest

from faults.system import System


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One stack for all the tests of a module; each makes jobs of its own."""
    made = System(tmp_path_factory.mktemp("system"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(autouse=True)
def _whole_again(request: pytest.FixtureRequest) -> Iterator[None]:
    """Leave no order to crash and nothing held down for the next test."""
    yield
    if "system" in request.fixturenames:
        system: System = request.getfixturevalue("system")
        system.held.clear()
        system.crashed_at()
        system.tend()
