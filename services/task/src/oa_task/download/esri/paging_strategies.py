"""The paging strategies that a layer supports, best first; each is examined only when the earlier ones have failed."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import structlog

from oa_shared.json_types import JsonObject
from oa_task.download.esri.client import EsriClient, EsriRequestError
from oa_task.download.esri.feature_lines import RepeatedIdsError
from oa_task.download.esri.layer import Layer, count_features
from oa_task.download.esri.page_ranges import IdList, IdRanges, Offsets, PagingStrategy, sort_ids
from oa_task.download.esri.quarters import Quarters
from oa_task.runtime.failure import TaskFailure

log = structlog.get_logger()
_MAX_SPREAD = 20  # IDs per feature; a list of the IDs is shorter if they are sparser
_MAX_ORDER_FIELDS = 30


@dataclass(frozen=True, slots=True)
class PagingTask:
    """What to page: the layer, the condition that selects all features, their count, the largest page.

    `has_unique_ids` is False once an object ID has proven to stand for several features.
    """

    layer: Layer
    condition: str
    count: int | None
    most: int
    has_unique_ids: bool = True


async def paging_strategies(client: EsriClient, task: PagingTask) -> AsyncGenerator[PagingStrategy, None]:
    """Yield the paging strategies; log and skip a strategy that the server does not support.

    Conditions on IDs select whole groups of equal IDs, so they come first where IDs are not unique; offsets may then
    repeat one feature and omit another. Raises RepeatedIdsError if the list of IDs has one twice.
    """
    layer, is_counted = task.layer, task.count is not None
    if layer.has_offsets and is_counted and task.has_unique_ids:
        yield _offsets(task)
    for examine in (_id_ranges, _id_list) if layer.has_statistics else (_id_list,):
        try:
            if layer.oid_field is not None:
                yield await examine(client, task, layer.oid_field)
        except EsriRequestError as error:
            log.info("paging_not_possible", error=str(error))
        except TaskFailure as failure:
            if not failure.code.startswith("upstream."):
                raise
            log.info("paging_not_possible", error=failure.message)
    if layer.has_offsets and not (is_counted and task.has_unique_ids):
        yield _offsets(task)
    if layer.has_offsets and not task.has_unique_ids:
        yield _offsets(task, widest=max(1, task.most * 2 // 3))  # moves the ends of pages away from equal features
    if layer.extent is not None:
        yield Quarters(layer.extent, layer.extent_srs, task.most, task.condition, is_counted)


def _offsets(task: PagingTask, *, widest: int | None = None) -> Offsets:
    stop = task.most if task.count is None else task.count
    return Offsets(stop, _order(task), task.condition, widest or task.most, is_counted=task.count is not None)


def _order(task: PagingTask) -> str | None:
    """Return the order by object ID, by all fields where IDs are not unique; None if the server cannot order."""
    layer = task.layer
    if not layer.has_ordering:
        return None
    if task.has_unique_ids:
        return f"{layer.oid_field} ASC" if layer.oid_field else None
    first = [layer.oid_field] if layer.oid_field else []
    others = [name for name in layer.sortable_fields if name != layer.oid_field]
    return ",".join([*first, *others][:_MAX_ORDER_FIELDS]) or None


async def _id_ranges(client: EsriClient, task: PagingTask, oid: str) -> PagingStrategy:
    statistics = [
        {"statisticType": kind, "onStatisticField": oid, "outStatisticFieldName": f"{kind}_oid"}
        for kind in ("min", "max")
    ]
    query = {"where": task.condition, "outStatistics": json.dumps(statistics), "returnGeometry": "false"}
    first, last = _bounds(await client.query_with_retries("query", query))
    between, count = await count_features(client, f"{oid} >= {first} AND {oid} <= {last}"), task.count
    if count is None or between != count:
        raise EsriRequestError(f"object IDs {first} to {last} contain {between} features, the server announces {count}")
    spread = (last - first + 1) / max(count, 1)
    if spread > _MAX_SPREAD:
        raise EsriRequestError(f"object IDs are too sparse: {count} between {first} and {last}")
    least = 1.0 if task.has_unique_ids else 0.0
    return IdRanges(oid, first, last + 1, max(least, spread), task.most, task.has_unique_ids)


async def _id_list(client: EsriClient, task: PagingTask, oid: str) -> PagingStrategy:
    response = await client.query_with_retries("query", {"where": task.condition, "returnIdsOnly": "true"})
    ids = sort_ids(response.get("objectIds"))
    unique = list(dict.fromkeys(ids))
    if task.has_unique_ids and len(unique) < len(ids):
        raise RepeatedIdsError("the list contains an object ID twice")
    if task.has_unique_ids and task.count is not None and len(ids) < task.count:
        raise EsriRequestError(f"the list has {len(ids):,} object IDs, the server announces {task.count:,}")
    id_field = response.get("objectIdFieldName")
    return IdList(id_field if isinstance(id_field, str) and id_field else oid, unique, task.has_unique_ids)


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
