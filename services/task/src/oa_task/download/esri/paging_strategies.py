"""The paging strategies that a layer supports, best first; each is examined only when the earlier ones have failed."""

import json
from collections.abc import AsyncGenerator

import structlog

from oa_shared.json_types import JsonObject
from oa_task.download.esri.client import EsriClient, EsriRequestError
from oa_task.download.esri.layer import Layer, count_features
from oa_task.download.esri.page_ranges import IdList, IdRanges, Offsets, PagingStrategy, Quarters, sort_ids
from oa_task.download.limits import DownloadLimits
from oa_task.runtime.failure import TaskFailure

log = structlog.get_logger()
_MAX_SPREAD = 20  # IDs per feature; a list of the IDs is shorter if they are sparser


async def paging_strategies(
    client: EsriClient, layer: Layer, count: int | None, limits: DownloadLimits
) -> AsyncGenerator[PagingStrategy, None]:
    """Yield the paging strategies; log and skip a strategy that the server does not support."""
    most = min(limits.page_features, layer.most_features or limits.page_features)
    if layer.has_offsets and count is not None:
        yield Offsets(count, layer.oid_field if layer.has_ordering else None)
    for examine in (_id_ranges, _id_list) if layer.has_statistics else (_id_list,):
        try:
            if layer.oid_field is not None:
                yield await examine(client, layer.oid_field, count, most)
        except EsriRequestError as error:
            log.info("paging_not_possible", error=str(error))
        except TaskFailure as failure:
            if not failure.code.startswith("upstream."):
                raise
            log.info("paging_not_possible", error=failure.message)
    if layer.has_offsets and count is None:
        yield Offsets(most, layer.oid_field if layer.has_ordering else None)
    if layer.extent is not None:
        yield Quarters(layer.extent, layer.extent_srs, most)


async def _id_ranges(client: EsriClient, oid: str, count: int | None, most: int) -> PagingStrategy:
    statistics = [
        {"statisticType": kind, "onStatisticField": oid, "outStatisticFieldName": f"{kind}_oid"}
        for kind in ("min", "max")
    ]
    query = {"where": "1=1", "outStatistics": json.dumps(statistics), "returnGeometry": "false"}
    first, last = _bounds(await client.query_with_retries("query", query))
    between = await count_features(client, f"{oid} >= {first} AND {oid} <= {last}")
    if count is None or between != count:
        raise EsriRequestError(f"object IDs {first} to {last} contain {between} features, the server announces {count}")
    spread = (last - first + 1) / max(count, 1)
    if spread > _MAX_SPREAD:
        raise EsriRequestError(f"object IDs are too sparse: {count} between {first} and {last}")
    return IdRanges(oid, first, last + 1, max(1.0, spread), most)


async def _id_list(client: EsriClient, oid: str, count: int | None, _most: int) -> PagingStrategy:
    response = await client.query_with_retries("query", {"where": "1=1", "returnIdsOnly": "true"})
    ids = sort_ids(response.get("objectIds"))
    if count is not None and len(ids) < count:
        raise EsriRequestError(f"the list has {len(ids):,} object IDs, the server announces {count:,}")
    id_field = response.get("objectIdFieldName")
    return IdList(id_field if isinstance(id_field, str) and id_field else oid, ids)


def _bounds(response: JsonObject) -> tuple[int, int]:
    """Return the minimum and maximum object ID. Raises EsriRequestError if they are not integers."""
    features = response.get("features")
    row = features[0].get("attributes") if isinstance(features, list) and len(features) == 1 else None
    values = {key.lower(): value for key, value in row.items()} if isinstance(row, dict) else {}
    bounds = (values.get("min_oid"), values.get("max_oid"))
    integers = [int(value) for value in bounds if isinstance(value, int | float) and float(value).is_integer()]
    if len(integers) != len(bounds) or integers[0] > integers[1]:
        raise EsriRequestError(f"the minimum and maximum object ID are {bounds}")
    return integers[0], integers[1]
