"""What a job changed, feature by feature: as a list, and as places on a map."""

from typing import Any

from aiohttp import web

from oa_api.db.database import Row
from oa_api.jobs.pages.files import read_json, read_lines
from oa_api.jobs.pages.summary import job_row
from oa_api.jobs.serializers import serialize_job
from oa_api.ui.rendering import render

CHANGES_FILE, DELTA_FILE = "changes.jsonl.gz", "delta.geojson"
_KINDS = ("added", "removed", "changed")
_LISTED, _ON_MAP = 100, 3_000


async def show_changes(request: web.Request) -> web.Response:
    """Return the counts and the first changes, with a map of them."""
    row = await job_row(request)
    lines = await _told(request, row)
    counts = (row["result"] or {}).get("changes")
    return render(
        request,
        "jobs/job/changes.html",
        job=serialize_job(row),
        changes=[_change(line) for line in lines[:_LISTED]],
        places=len(await _places(request, row, lines)),
        counts=counts if isinstance(counts, dict) else {},
        tiles=_tiles(row),
    )


async def get_places(request: web.Request) -> web.Response:
    """Return changes that have a place, as GeoJSON for the map."""
    row = await job_row(request)
    features = await _places(request, row, await _told(request, row))
    answer = web.json_response({"type": "FeatureCollection", "features": features, **_bounds(features)})
    answer.enable_compression()
    return answer


async def _told(request: web.Request, row: Row) -> list[dict[str, Any]]:
    return [line for line in await read_lines(request, row, CHANGES_FILE) if line.get("change") in _KINDS]


async def _places(request: web.Request, row: Row, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the job's own choice of changes for a map, or of an older job the first ones that have a place."""
    chosen = flattened(await read_json(request, row, DELTA_FILE))
    return chosen or [feature for line in lines[:_ON_MAP] if (feature := _feature(line))]


def flattened(delta: Any) -> list[dict[str, Any]]:
    """Return the features of a delta that have a place, what they were before as properties of their own."""
    features = delta.get("features") if isinstance(delta, dict) else None
    return [_flat(feature) for feature in features or [] if feature.get("geometry")]


def _flat(feature: dict[str, Any]) -> dict[str, Any]:
    properties = dict(feature["properties"])
    before = properties.pop("before", {})
    return {**feature, "properties": {**properties, **{f"{name} before": value for name, value in before.items()}}}


def _tiles(row: dict[str, Any]) -> str:
    has_tiles = "source.pmtiles" in ((row["result"] or {}).get("outputs") or {})
    return f"/api/job/{row['id']}/output/source.pmtiles" if has_tiles else ""


def _change(line: dict[str, Any]) -> dict[str, Any]:
    properties = _properties(line)
    hidden = {"hash", "id_occurrence"}
    return {
        "change": line["change"],
        "hash": properties.get("hash", ""),
        "values": {name: value for name, value in properties.items() if name not in hidden and value not in ("", None)},
    }


def _feature(line: dict[str, Any]) -> dict[str, Any] | None:
    feature = line.get("feature")
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    place = _place(geometry)
    if place is None:
        return None
    shown = {**_properties(line), "change": line["change"]}
    return {"type": "Feature", "properties": shown, "geometry": {"type": "Point", "coordinates": place}}


def _properties(line: dict[str, Any]) -> dict[str, Any]:
    feature = line.get("feature")
    properties = feature.get("properties") if isinstance(feature, dict) else None
    return properties if isinstance(properties, dict) else {}


def _place(geometry: Any) -> list[float] | None:
    """Return the first position of a geometry: on a map of changes an area is a dot too."""
    found = geometry.get("coordinates") if isinstance(geometry, dict) else None
    while isinstance(found, list) and found and isinstance(found[0], list):
        found = found[0]
    is_position = isinstance(found, list) and len(found) >= 2 and all(isinstance(side, int | float) for side in found)  # noqa: PLR2004 - longitude and latitude
    return found[:2] if is_position and isinstance(found, list) else None


def _bounds(features: list[dict[str, Any]]) -> dict[str, list[float]]:
    places = [feature["geometry"]["coordinates"] for feature in features]
    if not places:
        return {}
    xs, ys = [place[0] for place in places], [place[1] for place in places]
    return {"bbox": [min(xs), min(ys), max(xs), max(ys)]}
