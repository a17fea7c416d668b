"""Licences of what is published, and the credits that are due."""

import json
from typing import Any

from aiohttp import web

from oa_api.datasets import queries
from oa_api.datasets.request_schemas import CreditsSchema
from oa_api.datasets.schemas import LicenseListSchema
from oa_api.db.database import Row
from oa_api.definitions.licenses import AttributedDataset, License, attribution_text, normalize_license
from oa_api.http.app_keys import DATABASE
from oa_api.http.conditional import respond_conditionally
from oa_api.http.request_parsing import query

_LICENSES = LicenseListSchema()


async def list_licenses(request: web.Request) -> web.Response:
    """Return each licence with how much is published under it."""
    used = _used(await queries.licences(request.app[DATABASE]))
    return respond_conditionally(request, web.json_response(_LICENSES.dump({"licenses": used})))


async def get_attribution(request: web.Request) -> web.Response:
    """Return the credits of a selection, as a file to pass on or in parts."""
    asked = await query(request, CreditsSchema())
    rows = await queries.attributions(request.app[DATABASE], asked)
    known = {text: _told(json.loads(text) if text else None) for text in {row["license"] for row in rows}}
    if asked["format"] == "json":
        parts = [{**row, **known[row["license"]]} for row in rows]
        return respond_conditionally(request, web.json_response({"datasets": parts}))
    text = attribution_text(
        AttributedDataset(row["source_name"], row["layer"], row["name"], known[row["license"]]["attribution"])
        for row in rows
    )
    return respond_conditionally(request, web.Response(text=text, content_type="text/plain"))


def _used(rows: list[Row]) -> list[dict[str, Any]]:
    """Return licences that are the same once they are in one shape as one, those of most datasets first."""
    found: dict[License | None, dict[str, Any]] = {}
    for row in rows:
        licence = normalize_license(row["license"])
        use = found.setdefault(licence, {**_told(row["license"]), "datasets": 0, "features": 0})
        use["datasets"] += row["datasets"]
        use["features"] += row["features"]
    return sorted(found.values(), key=lambda use: (-use["datasets"], use["attribution"]))


def _told(stated: Any) -> dict[str, Any]:
    licence = normalize_license(stated)
    return {"license": licence.as_json() if licence else None, "attribution": (licence or License()).line()}
