"""A simulated ArcGIS server on loopback: seeded features, and a switch for each fault of real servers."""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aiohttp import web

PATH = "/arcgis/rest/services/Town/Parcels/FeatureServer/0"
Feature = dict[str, Any]
_RANGE = re.compile(r"OBJECTID >= (-?\d+) AND OBJECTID <= (-?\d+)")


def point_features(count: int, *, seed: int = 1, step: int = 1) -> list[Feature]:
    """Return points with an object ID, a number, a street and a column that no rule reads."""
    random_ = random.Random(seed)  # noqa: S311 - nothing secret
    return [
        {
            "attributes": {"OBJECTID": 1 + index * step, "NO": index, "ST": f"Elm {index % 7} St", "SPARE": "x"},
            "geometry": {"x": round(random_.uniform(-120, -110), 6), "y": round(random_.uniform(40, 45), 6)},
        }
        for index in range(count)
    ]


@dataclass
class ArcgisServer:
    """The features and the behavior of the server; each switch is a fault that was observed on a real server."""

    features: list[Feature] = field(default_factory=lambda: point_features(250))
    most: int = 50
    has_offsets: bool = True
    has_statistics: bool = True
    has_ids: bool = True
    ignores_offset: bool = False
    ignores_where: bool = False
    claims_most: int | None = None
    claims_count: int | None = None
    counts: bool = True
    count_status: int = 200
    names_id: bool = True
    refused: frozenset[str] = frozenset()
    geometry_type: str = "esriGeometryPoint"
    metadata: dict[str, Any] = field(default_factory=dict)
    spatial_reference: dict[str, Any] | None = field(default_factory=lambda: {"wkid": 4326, "latestWkid": 4326})
    error: dict[str, Any] | None = None
    error_on_metadata: dict[str, Any] | None = None
    largest_page: int | None = None
    fails: Callable[["ArcgisServer", dict[str, str]], web.StreamResponse | None] = lambda _server, _query: None
    fails_on_count: bool = False
    changes: Callable[["ArcgisServer", int], None] = lambda _server, _page: None
    latency_s: float = 0.0
    queries: list[dict[str, str]] = field(default_factory=list)
    methods: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    most_in_flight: int = 0
    pages: int = 0

    def app(self) -> web.Application:
        """Return the application, for a test to start."""
        app = web.Application()
        for method in ("GET", "POST"):
            app.router.add_route(method, PATH, self._metadata)
            app.router.add_route(method, PATH + "/query", self._query)
        return app

    async def _metadata(self, _request: web.Request) -> web.StreamResponse:
        if self.error_on_metadata is not None:
            return web.json_response({"error": self.error_on_metadata})
        fields = [{"name": name, "type": "esriFieldTypeString"} for name in ("NO", "ST", "SPARE")]
        return web.json_response(
            {
                "name": "Parcels",
                "type": "Feature Layer",
                "geometryType": self.geometry_type,
                "maxRecordCount": self.claims_most or self.most,
                "objectIdField": "OBJECTID",
                "supportsStatistics": self.has_statistics,
                "advancedQueryCapabilities": {"supportsPagination": self.has_offsets},
                "extent": {"xmin": -121, "ymin": 39, "xmax": -109, "ymax": 46, "spatialReference": {"wkid": 4326}},
                "fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, *fields],
                **self.metadata,
            }
        )

    async def _query(self, request: web.Request) -> web.StreamResponse:
        query = {key: str(value) for key, value in {**request.query, **await request.post()}.items()}
        self.queries.append(query)
        self.methods[request.method] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.latency_s)
            refusal = self.fails(self, query) if self.fails_on_count and "returnCountOnly" in query else None
            return refusal or await self._answer(request, query)
        finally:
            self.in_flight -= 1

    async def _answer(self, request: web.Request, query: dict[str, str]) -> web.StreamResponse:
        if query.get("returnCountOnly") == "true" and self.count_status != HTTPStatus.OK:
            return web.Response(status=self.count_status)
        if query.get("returnCountOnly") == "true":
            count = len(self._matching(query)) if self.claims_count is None else self.claims_count
            return web.json_response({"count": count} if self.counts else {"error": {"code": 400, "message": "no"}})
        if query.get("returnIdsOnly") == "true":
            ids = [feature["attributes"]["OBJECTID"] for feature in self.features]
            return web.json_response({"objectIdFieldName": "OBJECTID", "objectIds": ids if self.has_ids else None})
        if self.refused & query.keys() or (self.error and "outStatistics" in query):
            return web.json_response({"error": {"code": 400, "message": "Unsupported parameter"}})
        if "outStatistics" in query:
            ids = [feature["attributes"]["OBJECTID"] for feature in self.features]
            return web.json_response({"features": [{"attributes": {"MIN_OID": min(ids), "MAX_OID": max(ids)}}]})
        return await self._page(request, query)

    async def _page(self, request: web.Request, query: dict[str, str]) -> web.StreamResponse:
        self.pages += 1
        self.changes(self, self.pages)
        if self.error is not None:
            return web.json_response({"error": self.error})
        failure = self.fails(self, query)
        if failure is not None:
            if not isinstance(failure, web.Response):
                await drop_connection(failure, request)
            return failure
        matches = self._matching(query)
        start = 0 if self.ignores_offset else int(query.get("resultOffset", 0))
        size = min(int(query.get("resultRecordCount", self.most)), self.most)
        if self.largest_page is not None and min(size, len(matches) - start) > self.largest_page:
            return web.json_response({"error": {"code": 400, "message": "Unable to complete operation."}})
        page = matches[start : start + size]
        return web.json_response(
            {
                **({"objectIdFieldName": "OBJECTID"} if self.names_id else {}),
                "geometryType": self.geometry_type,
                **({"spatialReference": self.spatial_reference} if self.spatial_reference else {}),
                "features": [_with_fields(feature, query.get("outFields", "*")) for feature in page],
                **({"exceededTransferLimit": True} if start + size < len(matches) else {}),
            }
        )

    def _matching(self, query: dict[str, str]) -> list[Feature]:
        if self.ignores_where:
            return self.features
        matches = self.features
        between = _RANGE.fullmatch(query.get("where", ""))
        if between:
            first, last = int(between[1]), int(between[2])
            matches = [feature for feature in matches if first <= feature["attributes"]["OBJECTID"] <= last]
        if "geometry" in query:
            box = json.loads(query["geometry"])
            matches = [feature for feature in matches if _is_in(feature, box)]
        return matches


def _with_fields(feature: Feature, fields: str) -> Feature:
    if fields == "*":
        return feature
    names = fields.split(",")
    return {**feature, "attributes": {name: feature["attributes"].get(name) for name in names}}


def _is_in(feature: Feature, box: dict[str, float]) -> bool:
    """Return whether a vertex of a feature is in a box."""
    return any(box["xmin"] <= x <= box["xmax"] and box["ymin"] <= y <= box["ymax"] for x, y in _vertices(feature))


def _vertices(feature: Feature) -> Iterator[tuple[float, float]]:
    geometry = feature["geometry"]
    if "x" in geometry:
        yield geometry["x"], geometry["y"]
    for part in (*geometry.get("rings", ()), *geometry.get("paths", ())):
        yield from ((vertex[0], vertex[1]) for vertex in part)


async def drop_connection(response: web.StreamResponse, request: web.Request) -> None:
    """Send the headers and a few bytes of a long response, then drop the connection."""
    response.headers["Content-Length"] = "100000"
    await response.prepare(request)
    await response.write(b'{"features":[')
    if request.transport is not None:
        request.transport.close()
