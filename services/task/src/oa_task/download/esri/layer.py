"""The metadata of a layer."""

import json
import math
from dataclasses import dataclass

import structlog

from oa_shared.json_types import JsonObject
from oa_task.download.esri.client import EsriClient, EsriRequestError
from oa_task.runtime.failure import TaskFailure

log = structlog.get_logger()
Field = tuple[str, object]  # name and type
_MAX_DIGITS = 16
_OID_TYPE = "esriFieldTypeOID"
_WITHOUT_FEATURES = frozenset(
    {"Group Layer", "Raster Layer", "Annotation Layer", "Mosaic Layer", "Network Analysis Layer"}
)


_NOT_SORTABLE = frozenset(
    {"esriFieldTypeBlob", "esriFieldTypeGeometry", "esriFieldTypeRaster", "esriFieldTypeXML"}
)  # the types that databases do not compare


@dataclass(frozen=True, slots=True)
class Layer:
    """The metadata for paging, as the server announces it; `most_features` is the announced limit of a page."""

    name: str
    fields: tuple[str, ...]
    field_types: tuple[str, ...]
    sortable_fields: tuple[str, ...]
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
    """Request the metadata.

    Raises TaskFailure source.not_found, source.format, source.token_required, upstream.*.
    """
    try:
        metadata = await client.query_with_retries("", {})
    except EsriRequestError as error:
        raise TaskFailure("source.not_found", f"missing layer: {error}") from error
    kind = str(metadata.get("type") or "") or None
    if kind in _WITHOUT_FEATURES or not ({"fields", "type", "geometryType"} & metadata.keys()):
        raise TaskFailure("source.format", f"{client.url} is {kind or 'not a layer'}: use the URL of a feature layer")
    fields = _fields(metadata.get("fields"))
    can = _object(metadata.get("advancedQueryCapabilities"))
    extent = _object(metadata.get("extent"))
    return Layer(
        name=str(metadata.get("name") or ""),
        fields=tuple(name for name, _ in fields),
        field_types=tuple(str(kind) for _, kind in fields),
        sortable_fields=tuple(name for name, kind in fields if str(kind) not in _NOT_SORTABLE),
        oid_field=_oid_field(metadata, fields),
        most_features=_positive(metadata.get("maxRecordCount")),
        has_offsets=bool(metadata.get("supportsPagination") or can.get("supportsPagination")),
        has_statistics=bool(metadata.get("supportsStatistics") or can.get("supportsStatistics")),
        has_ordering=can.get("supportsOrderBy") is not False,
        has_geometry=kind != "Table",
        extent=_box(extent),
        extent_srs=json.dumps(extent.get("spatialReference") or {"wkid": 4326}),
        edited_at=_edited_at(metadata),
    )


async def count_features(client: EsriClient, where: str) -> int | None:
    """Request the number of features, None if the server does not or cannot count them."""
    try:
        response = await client.query_with_retries("query", {"where": where, "returnCountOnly": "true"})
    except EsriRequestError:
        return None
    except TaskFailure as failure:
        if not failure.code.startswith("upstream."):
            raise
        log.warning("features_not_counted", code=failure.code, error=failure.message)
        return None
    return parse_count(response)


def parse_count(response: JsonObject) -> int | None:
    """Return the number in the response to a count, which some servers write as text; None without a valid one."""
    count = response.get("count")
    if isinstance(count, str) and count.isdecimal() and len(count) < _MAX_DIGITS:
        return int(count)
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None


def spatial_reference(value: object) -> str | None:
    """Return the CRS of a response as `EPSG:n`, `ESRI:n` or WKT, None if it has no usable one."""
    if not isinstance(value, dict):
        return None
    wkid = value.get("latestWkid") or value.get("wkid")
    if isinstance(wkid, int) and wkid > 0:
        authority = "EPSG" if wkid < 100_000 else "ESRI"  # noqa: PLR2004 - Esri's own codes start there
        return "EPSG:3857" if wkid in {102100, 102113} else f"{authority}:{wkid}"
    wkt = value.get("wkt2") or value.get("wkt")
    return wkt if isinstance(wkt, str) and wkt else None


def _oid_field(metadata: JsonObject, fields: list[Field]) -> str | None:
    announced = metadata.get("objectIdField")
    names = [name for name, _ in fields]
    if isinstance(announced, str) and announced and (announced in names or not names):
        return announced
    return next((name for name, kind in fields if kind == _OID_TYPE), None)


def _edited_at(metadata: JsonObject) -> str | None:
    info = _object(metadata.get("editingInfo"))
    moment = _positive(info.get("dataLastEditDate")) or _positive(info.get("lastEditDate"))
    return str(moment) if moment else None  # 0, and -1 on some servers, stand for an unknown time


def _box(extent: JsonObject) -> tuple[float, float, float, float] | None:
    sides = [extent.get(side) for side in ("xmin", "ymin", "xmax", "ymax")]
    numbers = [float(side) for side in sides if isinstance(side, int | float) and math.isfinite(side)]
    if len(numbers) < len(sides):
        return None
    west, south, east, north = numbers
    return (west, south, east, north) if west <= east and south <= north else None


def _fields(value: object) -> list[Field]:
    """Return the name and the type of each field."""
    items = [_object(item) for item in value] if isinstance(value, list) else []
    return [(name, item.get("type")) for item in items if isinstance(name := item.get("name"), str)]


def _object(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _positive(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
