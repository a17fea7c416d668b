"""A stand-in for an ArcGIS server on loopback: seeded features, and a switch for each lie and failure of real ones."""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aiohttp import web

PATH = "/arcgis/rest/services/Town/Parcels/FeatureServer/0"
Feature = dict[str, Any]
_RANGE = re.compile(r"OBJECTID >= (-?\d+) AND OBJECTID <= (-?\d+)")


def point_features(count: int, *, seed: int = 1, step: int = 1) -> list[Feature]:
    """Return points with an object id, a number, a street and a column that no rule reads."""
    random_ = random.Random(seed)  # noqa: S311 - nothing secret
    return [
        {
            "attributes": {"OBJECTID": 1 + place * step, "NO": place, "ST": f"Elm {place % 7} St", "SPARE": "x"},
            "geometry": {"x": round(random_.uniform(-120, -110), 6), "y": round(random_.uniform(40, 45), 6)},
        }
        for place in range(count)
    ]


@dataclass
class ArcgisServer:
    """What it has and how it behaves; each switch is one thing that a real server was seen to do."""

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
    fails: Callable[["ArcgisServer", dict[str, str]], web.StreamResponse | None] = lambda _server, _asked: None
    changes: Callable[["ArcgisServer", int], None] = lambda _server, _page: None
    latency_s: float = 0.0
    asked: list[dict[str, str]] = field(default_factory=list)
    methods: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    most_in_flight: int = 0
    pages: int = 0

    def app(self) -> web.Application:
        """Return the server, to be started by a test."""
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
        asked = {key: str(value) for key, value in {**request.query, **await request.post()}.items()}
        self.asked.append(asked)
        self.methods[request.method] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.latency_s)
            return await self._answer(request, asked)
        finally:
            self.in_flight -= 1

    async def _answer(self, request: web.Request, asked: dict[str, str]) -> web.StreamResponse:
        if asked.get("returnCountOnly") == "true" and self.count_status != HTTPStatus.OK:
            return web.Response(status=self.count_status)
        if asked.get("returnCountOnly") == "true":
            count = len(self._matching(asked)) if self.claims_count is None else self.claims_count
            return web.json_response({"count": count} if self.counts else {"error": {"code": 400, "message": "no"}})
        if asked.get("returnIdsOnly") == "true":
            ids = [feature["attributes"]["OBJECTID"] for feature in self.features]
            return web.json_response({"objectIdFieldName": "OBJECTID", "objectIds": ids if self.has_ids else None})
        if self.refused & asked.keys() or (self.error and "outStatistics" in asked):
            return web.json_response({"error": {"code": 400, "message": "Unsupported parameter"}})
        if "outStatistics" in asked:
            ids = [feature["attributes"]["OBJECTID"] for feature in self.features]
            return web.json_response({"features": [{"attributes": {"MIN_OID": min(ids), "MAX_OID": max(ids)}}]})
        return await self._page(request, asked)

    async def _page(self, request: web.Request, asked: dict[str, str]) -> web.StreamResponse:
        self.pages += 1
        self.changes(self, self.pages)
        if self.error is not None:
            return web.json_response({"error": self.error})
        failure = self.fails(self, asked)
        if failure is not None:
            if not isinstance(failure, web.Response):
                await cut_off(failure, request)
            return failure
        found = self._matching(asked)
        start = 0 if self.ignores_offset else int(asked.get("resultOffset", 0))
        wanted = min(int(asked.get("resultRecordCount", self.most)), self.most)
        if self.largest_page is not None and min(wanted, len(found) - start) > self.largest_page:
            return web.json_response({"error": {"code": 400, "message": "Unable to complete operation."}})
        page = found[start : start + wanted]
        return web.json_response(
            {
                **({"objectIdFieldName": "OBJECTID"} if self.names_id else {}),
                "geometryType": self.geometry_type,
                **({"spatialReference": self.spatial_reference} if self.spatial_reference else {}),
                "features": [_with_fields(feature, asked.get("outFields", "*")) for feature in page],
                **({"exceededTransferLimit": True} if start + wanted < len(found) else {}),
            }
        )

    def _matching(self, asked: dict[str, str]) -> list[Feature]:
        if self.ignores_where:
            return self.features
        found = self.features
        between = _RANGE.fullmatch(asked.get("where", ""))
        if between:
            first, last = int(between[1]), int(between[2])
            found = [feature for feature in found if first <= feature["attributes"]["OBJECTID"] <= last]
        if "geometry" in asked:
            box = json.loads(asked["geometry"])
            found = [feature for feature in found if _is_in(feature, box)]
        return found


def _with_fields(feature: Feature, wanted: str) -> Feature:
    if wanted == "*":
        return feature
    names = wanted.split(",")
    return {**feature, "attributes": {name: feature["attributes"].get(name) for name in names}}


def _is_in(feature: Feature, box: dict[str, float]) -> bool:
    place = feature["geometry"]
    return bool(box["xmin"] <= place["x"] <= box["xmax"] and box["ymin"] <= place["y"] <= box["ymax"])


async def cut_off(response: web.StreamResponse, request: web.Request) -> None:
    """Send the head and a few bytes of a long answer, then drop the connection."""
    response.headers["Content-Length"] = "100000"
    await response.prepare(request)
    await response.write(b'{"features":[')
    if request.transport is not None:
        request.transport.close()
