"""Whatever mix of quirks a server has: all rows exactly once, or a failure with a code.

A download may lack rows only where nothing contradicts the server: it gives no count, which a warning says, or its
count is too low.
"""

import json
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from oa_shared.failures import FAILURES
from oa_shared.public_http import Guard
from oa_task.download.esri.download import EsriDownload
from oa_task.download.limits import DownloadLimits
from oa_task.runtime.failure import TaskFailure
from support.arcgis_simulator import ADDRESS, QUIRKS, SimulatedLayer, SimulatedRequests

QUICK = DownloadLimits(tries=3, backoff_s=0.0001, longest_pause_s=0.001, gap_s=0, page_failures=8, total_s=30)
MAX_QUERIES = 6_000
MIXES = int(os.environ.get("OA_ESRI_MIXES", "300"))
# Quirks with which a layer of addresses cannot be read, or not always.
MAY_FAIL = {
    ("count", "double"),
    ("offsets", "announced and refused"),
    ("token_lives", 5),
    ("token_lives", 12),
    ("post", "405"),
    ("post", "a page"),
}


async def download(layer: SimulatedLayer) -> tuple[Counter[str], list[str]]:
    """Return how often each row is in the file, and the warnings. Raises TaskFailure."""

    @asynccontextmanager
    async def open_simulated(
        _guard: Guard, limits: DownloadLimits, _headers: Mapping[str, str]
    ) -> AsyncIterator[SimulatedRequests]:
        yield SimulatedRequests(layer, limits)

    columns = {layer.prefix + "NO", layer.prefix + "ST"}
    with (
        tempfile.TemporaryDirectory() as folder,
        patch("oa_task.download.esri.download.open_requests", open_simulated),
    ):
        raw = await EsriDownload(Guard(), QUICK, {}, columns).fetch(ADDRESS, Path(folder), lambda _done, _total: None)
        _, *rows, end = (json.loads(line) for line in raw.path.read_bytes().splitlines())
    assert end["end"] == len(rows)
    return Counter(map(layer.key, rows)), end.get("warnings", [])


def rows_of(layer: SimulatedLayer) -> Counter[str]:
    return Counter(map(layer.key, layer.rows))


@st.composite
def mixes(draw: st.DrawFn) -> dict[str, Any]:
    """Draw up to eight quirks and a value of each."""
    names = draw(st.lists(st.sampled_from(sorted(QUIRKS)), max_size=8, unique=True))
    return {name: draw(st.sampled_from(QUIRKS[name][1:])) for name in names}


@given(count=st.integers(0, 70), most=st.integers(1, 30), quirks=mixes(), seed=st.integers(0, 5))
@example(count=40, most=12, quirks={"rows_per_id": "one twice", "statistics": "not announced"}, seed=0)
@example(count=40, most=12, quirks={"order": "unstable", "id_values": "none"}, seed=0)
@example(
    count=14,
    most=14,
    quirks={"failure": "half of the JSON", "fails_each": 4, "offsets": "ignored", "largest_page": 3, "id_list": "null"},
    seed=3,
)
@example(count=40, most=12, quirks={"id_values": "row numbers", "offsets": "not announced"}, seed=0)
@settings(max_examples=MIXES, deadline=None, suppress_health_check=list(HealthCheck))
async def test_fetch_any_mix_of_quirks_has_each_row_once_or_fails(
    count: int, most: int, quirks: dict[str, Any], seed: int
) -> None:
    layer = SimulatedLayer(count, most, quirks, seed)
    expected = rows_of(layer)
    try:
        found, warnings = await download(layer)
    except TaskFailure as failure:
        code = failure.code
    else:
        code = None
    assert layer.queries < MAX_QUERIES
    if code is not None:
        assert code in FAILURES
        assert not code.startswith("bug.")
        return
    assert not found - expected, f"a row is doubled: {count=} {most=} {quirks=} {seed=}"
    may_lack = layer.has("count") == "half" or any("no count" in text for text in warnings)
    if not may_lack and found:  # a file without features fails with `source.empty`
        assert found == expected, f"a row is lost: {count=} {most=} {quirks=} {seed=}"


SINGLE = [(name, value) for name, values in QUIRKS.items() for value in values[1:]]


@pytest.mark.parametrize(("name", "value"), SINGLE)
async def test_fetch_one_quirk_loses_nothing(name: str, value: object) -> None:
    layer = SimulatedLayer(130, 30, {name: value})
    try:
        found, _ = await download(layer)
    except TaskFailure:
        assert (name, value) in MAY_FAIL
        return
    assert found == rows_of(layer)
    assert layer.queries < 400


async def test_fetch_more_features_than_the_count_warns() -> None:
    found, warnings = await download(layer := SimulatedLayer(130, 30, {"count": "half"}))
    assert found == rows_of(layer)
    assert [text for text in warnings if "counts 65 features and sent 130" in text]


async def test_fetch_without_a_count_warns() -> None:
    quirks = {"count": "refused", "id_list": "refused", "statistics": "refused"}
    found, warnings = await download(layer := SimulatedLayer(130, 30, quirks))
    assert found == rows_of(layer)
    assert [text for text in warnings if "gives no count" in text]
