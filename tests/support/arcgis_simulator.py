"""A simulated ArcGIS layer with a switch for each quirk of real servers, in memory: requests never leave the process.

The first value of each switch is the behavior of a sound server. The other values come from public bug reports about
programs that read such layers, and from the metadata of servers of versions 9.3 to 11.
"""

import json
import random
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp
import pyarrow as pa
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from oa_shared.public_http import Guard
from oa_task.download.attempts import TransientError
from oa_task.download.limits import DownloadLimits
from oa_task.download.requests import Requests

ADDRESS = "https://gis.example.org/arcgis/rest/services/Town/Addresses/MapServer/0"
PAGE = "<html><head><title>Request Rejected</title></head><body>Support ID: 123</body></html>"
QUIRKS: dict[str, tuple[Any, ...]] = {
    "version": (10.81, 9.3, 10.0, 10.1, 10.51, 11.3, None),
    "hosting": ("enterprise", "hosted"),
    "service": ("FeatureServer", "MapServer"),
    "kind": ("Feature Layer", "Table", "Table with a geometry type", None),
    "id_values": ("dense", "sparse", "negative", "text", "floats", "row numbers", "none"),
    "id_announced": ("named", "typed", "only in responses", "nowhere", "in another case"),
    "rows_per_id": (1, 2, 3, "one twice", "one often"),
    "equal_rows": (0, 2, 5),
    "joined_names": (False, True),
    "fields": ("listed", None, "incomplete"),
    "extras": ((), ("editor tracking",), ("subtypes",), ("maxRecordCountFactor",), ("tileMaxRecordCount",)),
    "count": ("right", "refused", "error 500", "text", "null", "half", "double", "fraction"),
    "flag": ("right", "never", "always", "text", "in properties"),
    "claimed_page": ("right", "absent", "zero", "larger", "smaller", "text"),
    "offsets": ("right", "not announced", "announced and refused", "ignored", "only with an order", "slots"),
    "order": ("right", "not announced", "refused", "ignored", "unstable"),
    "statistics": ("right", "not announced", "refused", "text", "null", "elsewhere", "half", "capitals"),
    "id_list": ("right", "refused", "null", "unordered", "unique only", "half"),
    "condition": (
        "right",
        "1=1 refused",
        "1=1 forbidden",
        "1=1 is a page",
        "1=1 is an error 500",
        "only 1=1",
        "ignored",
    ),
    "boxes": ("right", "ignored", "refused"),
    "extent": ("right", None, "NaN", "a half"),
    "geometry": ("spread", "one place", "null", "curves", "some null"),
    "refused_parameter": (None, "returnTrueCurves", "geometryPrecision", "orderByFields", "outSR", "outFields"),
    "post": ("right", "405", "a page"),
    "largest_page": (None, 3, 1),
    "too_large": ("error 400", "error 500", "error 504", "no response", "HTTP 413"),
    "fails_each": (0, 7, 4),
    "failure": ("HTTP 503", "error 500", "page", "no response", "half of the JSON", "429", "error 429"),
    "token_lives": (0, 5, 12),
    "encoding": (None, "gzip", "br", "zstd", "deflate"),
    "json": ("right", "with NaN", "byte order mark", "latin-1"),
    "reference": ("both", "wkid", "wkt", "absent"),
    "attributes": ("object", "extra columns", "null values"),
    "id_name_in_response": ("present", "absent"),
}
Query = dict[str, str]
Row = dict[str, Any]
_COMPARISON = re.compile(r"([\w.]+) (>=|<=|<|>) (-?\d+)")


@dataclass
class SimulatedLayer:
    """`count` rows, at most `most` in a page; `quirks` has the switches that differ from a sound server."""

    count: int
    most: int
    quirks: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    queries: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - nothing secret
        self.rows = self._make_rows()

    def has(self, name: str) -> Any:
        """Return the value of a switch."""
        return self.quirks.get(name, QUIRKS[name][0])

    @property
    def prefix(self) -> str:
        """Return the prefix of each column name."""
        return "Town.DBO.Addresses." if self.has("joined_names") else ""

    @property
    def oid(self) -> str:
        """Return the name of the column with the object ID."""
        return self.prefix + "OBJECTID"

    def key(self, row: Row) -> str:
        """Return the identity of a row; equal rows share it."""
        return str(row["attributes"][self.prefix + "NO"])

    def _make_rows(self) -> list[Row]:
        rows = []
        for index in range(self.count):
            number = 0 if index < self.has("equal_rows") else index
            attributes = {self.oid: self._id(index), self.prefix + "NO": number, self.prefix + "ST": "Main St"}
            if self.has("attributes") == "extra columns":
                attributes["Owner.OBJECTID"] = index
            if self.has("attributes") == "null values":
                attributes["NOTE"] = None
            if self.has("id_values") == "none":
                del attributes[self.oid]
            rows.append({"attributes": attributes, "geometry": self._geometry(number)})
        return rows

    def _id(self, index: int) -> Any:
        shared = self.has("rows_per_id")
        if shared == "one twice":
            number = index if index <= self.most // 2 else index - 1
        elif shared == "one often":
            number = max(0, index - self.count // 2)
        else:
            number = index // cast("int", shared)
        values = self.has("id_values")
        if values == "text":
            return f"{{{number:08X}}}"
        if values == "floats":
            return float(number + 1)
        return {"sparse": number * 1000 + 7, "negative": number - 5}.get(values, number + 1)

    def _geometry(self, number: int) -> Row | None:
        kind = self.has("geometry")
        if kind == "null" or (kind == "some null" and number % 5 == 2):
            return None
        if kind == "one place":
            return {"x": -78.5, "y": 37.0}
        x, y = round(-79 + number * 0.618 % 1 * 2, 6), round(36 + number * 0.414 % 1 * 2, 6)
        if kind == "curves":
            return {"curvePaths": [[[x, y], {"c": [[x + 0.001, y], [x, y + 0.001]]}]]}
        return {"x": x, "y": y}

    # What the server answers

    def metadata(self) -> Row:
        """Return the description of the layer."""
        names = list(self.rows[0]["attributes"]) if self.rows else [self.oid, self.prefix + "NO", self.prefix + "ST"]
        announced = self.has("id_announced")
        id_type = "esriFieldTypeInteger" if announced in {"nowhere", "only in responses"} else "esriFieldTypeOID"
        fields: Any = [{"name": name, "type": id_type if name == self.oid else "esriFieldTypeString"} for name in names]
        fields = {"listed": fields, None: None, "incomplete": fields[:1]}[self.has("fields")]
        kind = self.has("kind")
        extent: Any = {"xmin": -79, "ymin": 36, "xmax": -77, "ymax": 38, "spatialReference": {"wkid": 4326}}
        if self.has("extent") == "a half":
            extent["xmax"] = -78
        if self.has("extent") == "NaN":
            extent = dict.fromkeys(("xmin", "ymin", "xmax", "ymax"), "NaN")
        advanced = {
            "supportsPagination": self.has("offsets") != "not announced",
            "supportsStatistics": self.has("statistics") != "not announced",
            "supportsOrderBy": self.has("order") != "not announced",
        }
        claimed = {"zero": 0, "larger": self.most * 4, "smaller": max(1, self.most // 2), "text": str(self.most)}
        described: Row = {
            "currentVersion": self.has("version"),
            "name": "Addresses",
            "type": kind and kind.partition(" with")[0],
            "geometryType": None if kind == "Table" else "esriGeometryPoint",
            "fields": fields,
            "maxRecordCount": claimed.get(self.has("claimed_page"), self.most),
            "extent": extent if self.has("extent") else None,
        }
        if self.has("claimed_page") == "absent":
            del described["maxRecordCount"]
        if announced in {"named", "in another case"}:
            described["objectIdField"] = self.oid.lower() if announced == "in another case" else self.oid
        if self.has("version") is not None and self.has("version") >= 10.1:
            described["advancedQueryCapabilities"] = advanced
        if self.has("hosting") == "hosted":
            described |= {"supportsPagination": advanced["supportsPagination"], "standardMaxRecordCount": self.most * 2}
        return described | self._extras()

    def _extras(self) -> Row:
        values = {
            "editor tracking": {"editFieldsInfo": {"editorField": "EDITOR"}, "editingInfo": {"lastEditDate": 1}},
            "subtypes": {"typeIdField": "TYPE", "types": [{"id": 1, "name": "x", "domains": {}}], "subtypes": []},
            "maxRecordCountFactor": {"maxRecordCountFactor": 5, "supportsCoordinatesQuantization": True},
            "tileMaxRecordCount": {"tileMaxRecordCount": self.most * 8, "supportedQueryFormats": "JSON, PBF"},
        }
        return {key: value for name in self.has("extras") for key, value in values[name].items()}

    def answer(self, query: Query) -> Any:
        """Return the response to a query: a JSON value, a text, or a tuple of status and text."""
        refusal = self._refuse(query)
        if refusal is not None:
            return refusal
        rows = self._select(query)
        if rows is None:
            return _error(400, "Unable to complete operation.")
        if query.get("returnCountOnly") == "true":
            return self._count(len(rows), is_all=len(rows) == len(self.rows))
        if query.get("returnIdsOnly") == "true":
            return self._ids(rows)
        if "outStatistics" in query:
            return self._statistics(rows)
        return self._page(query, rows)

    def _refuse(self, query: Query) -> Any:
        if self.has("token_lives") and self.queries > self.has("token_lives"):
            return _error(498, "Invalid token.")
        if self.has("fails_each") and self.queries % self.has("fails_each") == 0:
            return _failure(self.has("failure"))
        if self.has("refused_parameter") in query and query.get("outFields") != "*":
            return _error(400, "Invalid or missing input parameters.")
        if query.get("where") == "1=1" and self.has("condition").startswith("1=1"):
            return {
                "1=1 refused": _error(400, "Invalid or missing input parameters."),
                "1=1 forbidden": (403, PAGE),
                "1=1 is a page": PAGE,
                "1=1 is an error 500": _error(500, "Unable to perform query."),
            }[self.has("condition")]
        if query.get("where") != "1=1" and self.has("condition") == "only 1=1":
            return _error(400, "Invalid where clause.")
        return None

    def _select(self, query: Query) -> list[Row] | None:
        rows = self.rows
        for name, sign, text in _COMPARISON.findall(query.get("where", "")):
            if self.has("condition") == "ignored":
                break
            if name.lower() != self.oid.lower() or self.has("id_values") in {"none", "text"}:
                return None
            value = int(text)
            rows = [row for row in rows if _compare(row["attributes"][self.oid], sign, value)]
        if "geometry" in query and self.has("boxes") == "refused":
            return None
        if "geometry" in query and self.has("boxes") == "right":
            rows = [row for row in rows if _is_in(row["geometry"], json.loads(query["geometry"]))]
        return rows

    def _count(self, count: int, *, is_all: bool) -> Any:
        wrong = {"half": count // 2, "double": count * 2} if is_all else {}
        return {
            "refused": _error(400, "Invalid or missing input parameters."),
            "error 500": _error(500, "Error performing query operation."),
            "text": {"count": str(count)},
            "null": {"count": None},
            "fraction": {"count": count + 0.5},
        }.get(self.has("count"), {"count": wrong.get(self.has("count"), count)})

    def _ids(self, rows: list[Row]) -> Any:
        ids = [row["attributes"].get(self.oid) for row in rows]
        kind = self.has("id_list")
        if kind == "refused" or self.has("id_values") == "none":
            return _error(400, "Layer has no object IDs.")
        lists = {"null": None, "unique only": list(dict.fromkeys(ids)), "half": ids[: len(ids) // 2]}
        if kind == "unordered":
            self._random.shuffle(ids)
        return {"objectIdFieldName": self.oid, "objectIds": lists.get(kind, ids)}

    def _statistics(self, rows: list[Row]) -> Any:
        ids = [row["attributes"].get(self.oid) for row in rows]
        if self.has("statistics") in {"refused", "not announced"} or None in ids or not ids:
            return _error(400, "Statistics are not supported.")
        bounds: tuple[Any, Any] = (min(ids), max(ids))
        if self.has("id_values") != "text":
            middle = (bounds[0] + bounds[1]) // 2
            shifted = {"elsewhere": (900_001, 900_210), "half": (bounds[0], middle), "null": (None, None)}
            bounds = shifted.get(self.has("statistics"), bounds)
        if self.has("statistics") == "text":
            bounds = (str(bounds[0]), str(bounds[1]))
        names = ("MIN_OID", "MAX_OID") if self.has("statistics") == "capitals" else ("min_oid", "max_oid")
        return {"features": [{"attributes": dict(zip(names, bounds, strict=True))}]}

    def _page(self, query: Query, rows: list[Row]) -> Any:
        rows = self._in_order(query, rows)
        start, offsets = int(query.get("resultOffset", 0)), self.has("offsets")
        is_offset_refused = offsets in {"not announced", "announced and refused"}
        needs_order = offsets == "only with an order" and "orderByFields" not in query
        if "resultOffset" in query and (is_offset_refused or needs_order):
            return _error(400, "Pagination request requires either orderBy field or an object id.")
        size = min(int(query.get("resultRecordCount", self.most)), self.most)
        if offsets == "ignored":
            start = 0
        if offsets == "slots" and "resultOffset" in query:
            slots: list[Row | None] = [slot for row in rows for slot in (row, None)]
            page = [] if start // self.most % 2 else [row for row in slots[start : start + size] if row]
            total = len(slots)
        else:
            page, total = rows[start : start + size], len(rows)
        largest = self.has("largest_page")
        if largest is not None and len(page) > largest:
            return _too_large(self.has("too_large"))
        return self._with_features(page, has_more=start + size < total, fields=query.get("outFields", "*"))

    def _in_order(self, query: Query, rows: list[Row]) -> list[Row]:
        order = self.has("order")
        if order == "unstable":
            return self._random.sample(rows, len(rows))
        if "orderByFields" in query and order != "ignored":
            names = [part.removesuffix(" ASC") for part in query["orderByFields"].split(",")]
            return sorted(rows, key=lambda row: [str(row["attributes"].get(name)) for name in names])
        return rows

    def _with_features(self, rows: list[Row], *, has_more: bool, fields: str) -> Row:
        names = None if fields == "*" else {name.lower() for name in fields.split(",")}
        features = []
        for place, row in enumerate(rows, start=1):
            attributes = dict(row["attributes"])
            if self.has("id_values") == "row numbers":
                attributes[self.oid] = place
            if names is not None:
                attributes = {name: value for name, value in attributes.items() if name.lower() in names}
            features.append({"attributes": attributes, "geometry": row["geometry"]})
        references = {
            "both": {"wkid": 4326, "latestWkid": 4326},
            "wkid": {"wkid": 4326},
            "wkt": {"wkt": 'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]]]'},
            "absent": None,
        }
        page: Row = {"features": features, "spatialReference": references[self.has("reference")]}
        if self.has("id_name_in_response") == "present" and self.has("id_announced") != "nowhere":
            page["objectIdFieldName"] = self.oid
        flag = self.has("flag")
        is_flagged = has_more or flag == "always"
        if is_flagged and flag != "never":
            page |= {
                "text": {"exceededTransferLimit": "true"},
                "in properties": {"properties": {"exceededTransferLimit": True}},
            }.get(flag, {"exceededTransferLimit": True})
        return page


class SimulatedRequests(Requests):
    """Requests that a simulated layer answers."""

    def __init__(self, layer: SimulatedLayer, limits: DownloadLimits) -> None:
        super().__init__(cast("aiohttp.ClientSession", None), Guard(), limits, {})
        self._layer = layer

    @asynccontextmanager
    async def send(
        self,
        url: URL,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,  # noqa: ARG002 - of the base class
        data: Mapping[str, str] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield the response of the layer. Raises TransientError if there is none."""
        layer, query = self._layer, {**url.query, **(data or {})}
        is_query = url.path.endswith("/query")
        answer: Any = layer.metadata()
        if is_query:
            layer.queries += 1
            answer = layer.answer(query)
        if method == "POST" and layer.has("post") != "right":
            answer = (405, "Method Not Allowed") if layer.has("post") == "405" else PAGE
        if answer is None:
            raise TransientError("upstream.connection", f"{url} closed the connection")
        yield cast("aiohttp.ClientResponse", _Response(url, layer, answer))


class _Response:
    """A response with the members that the client reads."""

    def __init__(self, url: URL, layer: SimulatedLayer, answer: Any) -> None:
        self.url = url
        self.status, content = answer if isinstance(answer, tuple) else (200, answer)
        is_text = isinstance(content, str)
        text = content if is_text else json.dumps(content)
        style = layer.has("json")
        if not is_text and style == "with NaN":
            text = text.replace('"NOTE": null', '"NOTE": NaN')
        self.charset = "latin-1" if style == "latin-1" else None
        body = ("\ufeff" + text if style == "byte order mark" else text).encode()
        headers = CIMultiDict({"Content-Type": "text/html" if is_text else "application/json"})
        if layer.has("encoding") is not None:
            name = {"br": "brotli"}.get(layer.has("encoding"), layer.has("encoding"))
            body = _deflate(body) if name == "deflate" else pa.compress(body, name, asbytes=True)
            headers["Content-Encoding"] = layer.has("encoding")
        self.headers = CIMultiDictProxy(headers)
        self.content_type = headers["Content-Type"]
        self.content = self
        self._body = body

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """Yield the body in pieces."""
        for start in range(0, len(self._body), size):
            yield self._body[start : start + size]


def _deflate(body: bytes) -> bytes:
    import zlib  # noqa: PLC0415 - for one quirk

    return zlib.compress(body)


def _compare(value: Any, sign: str, bound: int) -> bool:
    return bool({">=": value >= bound, "<=": value <= bound, "<": value < bound, ">": value > bound}[sign])


def _is_in(geometry: Row | None, box: dict[str, float]) -> bool:
    if geometry is None:
        return False
    x, y = geometry["curvePaths"][0][0] if "curvePaths" in geometry else (geometry["x"], geometry["y"])
    return bool(box["xmin"] <= x <= box["xmax"] and box["ymin"] <= y <= box["ymax"])


def _error(code: int, message: str) -> Row:
    return {"error": {"code": code, "message": message, "details": []}}


def _failure(kind: str) -> Any:
    return {
        "HTTP 503": (503, "busy"),
        "error 500": _error(500, "Error performing query operation."),
        "page": "<html><body>Be right back</body></html>",
        "half of the JSON": '{"features": [{"attributes": {"OBJ',
        "429": (429, "slow down"),
        "error 429": _error(429, "Too many requests."),
    }.get(kind)


def _too_large(kind: str) -> Any:
    return {
        "error 400": _error(400, "Unable to complete operation."),
        "error 500": _error(500, "Error performing query operation."),
        "error 504": _error(504, "Your request has timed out."),
        "HTTP 413": (413, "Request Entity Too Large"),
    }.get(kind)
