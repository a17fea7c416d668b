"""The scheduler writes each feature once and in order, whatever fails."""

import asyncio
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from oa_task.download.attempts import TransientError
from oa_task.download.esri.page import EsriPage, PageSize
from oa_task.download.esri.page_ranges import IdList, IdRanges, Offsets, PagingStrategy
from oa_task.download.esri.page_scheduler import PageScheduler
from oa_task.download.esri.seen_ids import SeenIds

OID = "OBJECTID"
MOST = 16


def page_of(ids: list[int], query: dict[str, str]) -> EsriPage:
    """Return the page of a server with at most 16 features per page."""
    if "resultOffset" in query:
        start = int(query["resultOffset"])
        matches, size = ids[start:], min(int(query["resultRecordCount"]), MOST)
    else:
        _, _, first, _, _, _, last = query["where"].split()
        matches, size = [value for value in ids if int(first) <= value <= int(last)], MOST
    page = matches[:size]
    return EsriPage([{"attributes": {OID: value}} for value in page], list(page), is_cut=len(matches) > size)


def strategy_over(kind: str, ids: list[int]) -> PagingStrategy:
    if kind == "offsets":
        return Offsets(len(ids), OID, "1=1", MOST)
    if kind == "ranges":
        return IdRanges(OID, ids[0], ids[-1] + 1, max(1.0, (ids[-1] - ids[0]) / len(ids)), MOST)
    return IdList(OID, ids)


@given(
    kind=st.sampled_from(["offsets", "ranges", "list"]),
    ids=st.lists(st.integers(-500, 2000), min_size=1, max_size=400, unique=True).map(sorted),
    claimed_page=st.integers(1, 64),
    share=st.floats(0, 0.5),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=150, deadline=None)
def test_run_with_random_failures_writes_each_feature_once_and_in_order(
    kind: str, ids: list[int], claimed_page: int, share: float, seed: int
) -> None:
    random_ = random.Random(seed)  # noqa: S311 - nothing secret
    written: list[int] = []

    async def fetch(query: dict[str, str]) -> EsriPage:
        for _ in range(random_.randrange(4)):
            await asyncio.sleep(0)
        if random_.random() < share:
            raise TransientError(random_.choice(["upstream.timeout", "upstream.throttled"]), "intermittent")
        return page_of(ids, query)

    scheduler = PageScheduler(
        strategy_over(kind, ids),
        fetch=fetch,
        write=lambda page: written.extend(page.ids),
        page=PageSize(claimed_page),
        in_flight=4,
        tries=200,
    )
    asyncio.run(scheduler.run())
    assert written == ids


@given(st.lists(st.one_of(st.integers(-5000, 5000), st.integers(), st.text(max_size=2)), max_size=200))
def test_seen_ids_any_ids_behave_as_a_set(identifiers: list[int | str]) -> None:
    seen, known = SeenIds(), set()
    for identifier in identifiers:
        assert seen.add(identifier) == (identifier not in known)
        known.add(identifier)
