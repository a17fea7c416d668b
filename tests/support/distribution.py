"""The order of tests for several workers: each starts with its share of the slow modules, which mostly wait."""

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from operator import attrgetter

import pytest


def deal(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests in an order for `workers` that run equal, contiguous parts of them (`--dist worksteal`).

    Modules marked slow stay together, because their tests share a stack, and are first in each part: while one
    worker waits for a stack the others use the processors, and no worker ends with a slow module.
    """
    modules = [list(tests) for _, tests in groupby(items, key=attrgetter("path"))]
    slow = [module for module in modules if any(test.get_closest_marker("slow") for test in module)]
    quick = (test for module in modules if module not in slow for test in module)
    heads: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for module in sorted(slow, key=len, reverse=True):
        min(heads, key=len).extend(module)
    return list(_parts(heads, quick, len(items)))


def _parts(heads: list[list[pytest.Item]], quick: Iterator[pytest.Item], left: int) -> Iterator[pytest.Item]:
    """Fill each part up to the size that the scheduler gives to its worker."""
    for number, head in enumerate(heads):
        size = left // (len(heads) - number)
        part = [*head, *islice(quick, max(0, size - len(head)))]
        left -= len(part)
        yield from part
    yield from quick


def binary_parameter_name(value: object, argument: str) -> str | None:
    """Return a name for a parameter of binary data; None for others, which pytest names.

    pytest would name it by its bytes, and those may depend on the time, as in the header of gzip. Workers that collect
    different names run no test at all.
    """
    if isinstance(value, bytes) and not (value.isascii() and value.decode("ascii").isprintable()):
        return f"{argument}-{len(value)}-bytes"
    return None
