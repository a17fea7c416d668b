from collections.abc import Iterator

import pytest

from support.house_figures import syntax_tree


@pytest.fixture(scope="module", autouse=True)
def _forget_syntax_trees() -> Iterator[None]:
    """Parse the sources once for all tests of a module, and free them for the tests after it."""
    yield
    syntax_tree.cache_clear()
