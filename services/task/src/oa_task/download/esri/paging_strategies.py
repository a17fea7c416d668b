"""Which ways to page a layer offers, the best one first; each is looked into only when it is its turn."""

import json
from collections.abc import AsyncGenerator

import structlog

from oa_task.download.esri.client import Answer, EsriClient, EsriRequestError
from oa_task.download.esri.layer import Layer, count_features
from oa_task.download.esri.page_ranges import IdList, IdRanges, Offsets, PageRanges, Quarters, sort_ids
from oa_task.download.limits import DownloadLimits
from oa_task.runtime.failure import TaskFailure

log = structlog.get_logger()
_MOST_SPREAD = 20  # ids for one feature; where they lie thinner a list of them is shorter


async def paging_strategies(
    client: EsriClient, layer: Layer, count: int | None, limits: DownloadLimits
) -> AsyncGenerator[PageRanges, None]:
    """Yield the ways to page. A way that turns out not to exist is left out, with a line in the log."""
    most = min(limits.page_features, layer.most_features or limits.page_features)
    if layer.has_offsets and count is not None:
        yield Offsets(count, layer.oid_field if layer.has_ordering else None)
    for look in (_id_ranges, _id_list) if layer.has_statistics else (_id_list,):
        try:
            if layer.oid_field is not None:
                yield await look(client, layer.oid_field, count, most)
        except EsriRequestError as refusal:
            log.info("paging_not_possible", error=str(refusal))
        except TaskFailure as failure:
            if not failure.code.startswith("upstream."):
                raise
            log.info("paging_not_possible", error=failure.message)
    if layer.has_offsets and count is None:
        yield Offsets(most, layer.oid_field if layer.has_ordering else None)
    if layer.extent is not None:
        yield Quarters(layer.extent, layer.extent_srs, most)


async def _id_ranges(client: EsriClient, oid: str, count: int | None, most: int) -> PageRanges:
    wanted = [
        {"statisticType": kind, "onStatisticField": oid, "outStatisticFieldName": f"{kind}_oid"}
        for kind in ("min", "max")
    ]
    asked = {"where": "1=1", "outStatistics": json.dumps(wanted), "returnGeometry": "false"}
    first, last = _bounds(await client.ask_until_answered("query", asked))
    between = await count_features(client, f"{oid} >= {first} AND {oid} <= {last}")
    if count is None or between != count:
        raise EsriRequestError(f"object ids from {first} to {last} hold {between} features, {count} are claimed")
    spread = (last - first + 1) / max(count, 1)
    if spread > _MOST_SPREAD:
        raise EsriRequestError(f"object ids lie too thin: {count} between {first} and {last}")
    return IdRanges(oid, first, last + 1, max(1.0, spread), most)


async def _id_list(client: EsriClient, oid: str, count: int | None, _most: int) -> PageRanges:
    said = await client.ask_until_answered("query", {"where": "1=1", "returnIdsOnly": "true"})
    ids = sort_ids(said.get("objectIds"))
    if count is not None and len(ids) < count:
        raise EsriRequestError(f"the list has {len(ids):,} object ids, {count:,} are claimed")
    named = said.get("objectIdFieldName")
    return IdList(named if isinstance(named, str) and named else oid, ids)


def _bounds(said: Answer) -> tuple[int, int]:
    """Return the least and the greatest object id. Raises RefusedError unless they are whole numbers."""
    features = said.get("features")
    row = features[0].get("attributes") if isinstance(features, list) and len(features) == 1 else None
    values = {key.lower(): value for key, value in row.items()} if isinstance(row, dict) else {}
    found = (values.get("min_oid"), values.get("max_oid"))
    whole = [int(value) for value in found if isinstance(value, int | float) and float(value).is_integer()]
    if len(whole) != len(found) or whole[0] > whole[1]:
        raise EsriRequestError(f"the statistics of the object id are {found}")
    return whole[0], whole[1]
