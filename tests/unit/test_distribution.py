"""The distribution of tests to workers."""

import gzip
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from support.distribution import binary_parameter_name, deal


def module_of(module: str, count: int, *, is_slow: bool) -> list[Any]:
    marker = "slow" if is_slow else "quick"
    return [
        SimpleNamespace(path=Path(module), name=f"{module}{number}", get_closest_marker=lambda name: name == marker)
        for number in range(count)
    ]


@pytest.mark.parametrize("workers", [2, 3, 4])
def test_each_worker_starts_with_a_share_of_the_slow_modules_and_no_test_is_lost(workers: int) -> None:
    slow = [module_of(name, size, is_slow=True) for name, size in (("a", 5), ("b", 3), ("c", 2), ("d", 1))]
    quick = module_of("x", 50, is_slow=False) + module_of("y", 39, is_slow=False)
    items = [*quick[:20], *(test for module in slow for test in module), *quick[20:]]
    order = deal(items, workers)
    assert sorted(test.name for test in order) == sorted(test.name for test in items)
    firsts, left = [], order
    for number in range(workers):
        size = len(left) // (workers - number)
        firsts.append(left[0].path.name)
        left = left[size:]
    assert firsts == ["a", "b", "c", "d"][:workers]


def test_slow_module_stays_together() -> None:
    items = [*module_of("x", 5, is_slow=False), *module_of("a", 5, is_slow=True), *module_of("y", 5, is_slow=False)]
    places = [place for place, test in enumerate(deal(items, 2)) if test.path.name == "a"]
    assert places == list(range(5))


def test_name_of_a_binary_parameter_does_not_depend_on_the_time() -> None:
    bodies = [gzip.compress(b"text", mtime=second) for second in (1, 2)]
    assert bodies[0] != bodies[1]
    assert {binary_parameter_name(body, "body") for body in bodies} == {f"body-{len(bodies[0])}-bytes"}
    assert binary_parameter_name(b"text", "body") is None
    assert binary_parameter_name("text", "body") is None


@pytest.mark.parametrize("body", [gzip.compress(b"text")])
def test_pytest_uses_this_name(request: pytest.FixtureRequest, body: bytes) -> None:
    assert request.node.name == f"test_pytest_uses_this_name[body-{len(body)}-bytes]"
