"""What a layer says about itself."""

import json
import math
from dataclasses import dataclass
from typing import Any

import structlog

from oa_task.download.esri.client import Answer, EsriClient, EsriRequestError
from oa_task.runtime.failure import TaskFailure

log = structlog.get_logger()
_OID_TYPE = "esriFieldTypeOID"
_WITHOUT_FEATURES = frozenset(
    {"Group Layer", "Raster Layer", "Annotation Layer", "Mosaic Layer", "Network Analysis Layer"}
)


@dataclass(frozen=True, slots=True)
class Layer:
    """The metadata that paging needs; claims, not facts: `most_features` is a page's claimed limit."""

    name: str
    fields: tuple[str, ...]
    oid_field: str | None
    most_features: int | None
    has_offsets: bool
    has_statistics: bool
    has_ordering: bool
    has_geometry: bool
    extent: tuple[float, float, float, float] | None
    extent_srs: str
    edited_at: str | None


async def read_layer(client: EsriClient) -> Layer:
    """Ask for the metadata. Raises TaskFailure source.not_found or source.format, upstream.*, source.token_required."""
    try:
        said = await client.ask_until_answered("", {})
    except EsriRequestError as error:
        raise TaskFailure("source.not_found", f"there is no layer: {error}") from error
    kind = str(said.get("type") or "") or None
    if kind in _WITHOUT_FEATURES or not ({"fields", "type", "geometryType"} & said.keys()):
        raise TaskFailure("source.format", f"{client.url} is {kind or 'no layer'}: use the address of a feature layer")
    fields = [
        item for item in _list(said.get("fields")) if isinstance(item, dict) and isinstance(item.get("name"), str)
    ]
    can = _object(said.get("advancedQueryCapabilities"))
    extent = _object(said.get("extent"))
    return Layer(
        name=str(said.get("name") or ""),
        fields=tuple(item["name"] for item in fields),
        oid_field=_oid_field(said, fields),
        most_features=_positive(said.get("maxRecordCount")),
        has_offsets=bool(said.get("supportsPagination") or can.get("supportsPagination")),
        has_statistics=bool(said.get("supportsStatistics") or can.get("supportsStatistics")),
        has_ordering=can.get("supportsOrderBy") is not False,
        has_geometry=kind != "Table",
        extent=_box(extent),
        extent_srs=json.dumps(extent.get("spatialReference") or {"wkid": 4326}),
        edited_at=_edited_at(said),
    )


async def count_features(client: EsriClient, where: str = "1=1") -> int | None:
    """Ask how many features there are; None when the server does not say, or cannot count so many."""
    try:
        said = await client.ask_until_answered("query", {"where": where, "returnCountOnly": "true"})
    except EsriRequestError:
        return None
    except TaskFailure as failure:
        if not failure.code.startswith("upstream."):
            raise
        log.warning("features_not_counted", code=failure.code, error=failure.message)
        return None
    count = said.get("count")
    return count if isinstance(count, int) and count >= 0 else None


def spatial_reference(said: Any) -> str | None:
    """Return an answer's CRS as `EPSG:n`, `ESRI:n` or WKT; None when it says nothing of use."""
    if not isinstance(said, dict):
        return None
    wkid = said.get("latestWkid") or said.get("wkid")
    if isinstance(wkid, int) and wkid > 0:
        authority = "EPSG" if wkid < 100_000 else "ESRI"  # noqa: PLR2004 - Esri numbers its own codes from there on
        return "EPSG:3857" if wkid in {102100, 102113} else f"{authority}:{wkid}"
    wkt = said.get("wkt2") or said.get("wkt")
    return wkt if isinstance(wkt, str) and wkt else None


def _oid_field(said: Answer, fields: list[Answer]) -> str | None:
    named = said.get("objectIdField")
    names = [item["name"] for item in fields]
    if isinstance(named, str) and named and (named in names or not names):
        return named
    return next((item["name"] for item in fields if item.get("type") == _OID_TYPE), None)


def _edited_at(said: Answer) -> str | None:
    info = _object(said.get("editingInfo"))
    moment = info.get("dataLastEditDate") or info.get("lastEditDate")
    return str(moment) if isinstance(moment, int) else None


def _box(extent: Any) -> tuple[float, float, float, float] | None:
    sides = [extent.get(side) for side in ("xmin", "ymin", "xmax", "ymax")]
    if not all(isinstance(side, int | float) and math.isfinite(side) for side in sides):
        return None
    west, south, east, north = map(float, sides)
    return (west, south, east, north) if west <= east and south <= north else None


def _object(value: Any) -> Answer:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _positive(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
