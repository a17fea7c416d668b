"""Licences of what is published, and the credits that are due."""

import json
from typing import Any

from aiohttp import web

from oa_api.data import published
from oa_api.data.licences import Licence, attribution_text, normalise
from oa_api.handlers.conditional import conditional
from oa_api.requests import query
from oa_api.schemas.data import Credits
from oa_api.schemas.datasets import LicenseList
from oa_api.services import DATABASE
from oa_api.store.database import Row

_LICENSES = LicenseList()


async def list_licenses(request: web.Request) -> web.Response:
    """Return each licence with how much is published under it."""
    used = _used(await published.licences(request.app[DATABASE]))
    return conditional(request, web.json_response(_LICENSES.dump({"licenses": used})))


async def get_attribution(request: web.Request) -> web.Response:
    """Return the credits of a selection, as a file to pass on or in parts."""
    asked = await query(request, Credits())
    rows = await published.credits_of(request.app[DATABASE], asked)
    known = {text: _told(json.loads(text) if text else None) for text in {row["license"] for row in rows}}
    if asked["format"] == "json":
        parts = [{**row, **known[row["license"]]} for row in rows]
        return conditional(request, web.json_response({"datasets": parts}))
    text = attribution_text({**row, **known[row["license"]]} for row in rows)
    return conditional(request, web.Response(text=text, content_type="text/plain"))


def _used(rows: list[Row]) -> list[dict[str, Any]]:
    """Return licences that are the same once they are in one shape as one, those of most datasets first."""
    found: dict[Licence | None, dict[str, Any]] = {}
    for row in rows:
        licence = normalise(row["license"])
        use = found.setdefault(licence, {**_told(row["license"]), "datasets": 0, "features": 0})
        use["datasets"] += row["datasets"]
        use["features"] += row["features"]
    return sorted(found.values(), key=lambda use: (-use["datasets"], use["attribution"]))


def _told(stated: Any) -> dict[str, Any]:
    licence = normalise(stated)
    return {"license": licence.as_json() if licence else None, "attribution": (licence or Licence()).line()}
