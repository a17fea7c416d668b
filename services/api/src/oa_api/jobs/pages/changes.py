"""The page of a job's changes, feature by feature: a list and a map."""

from dataclasses import dataclass

from aiohttp import web

from oa_api.jobs.pages.files import read_json, read_lines
from oa_api.jobs.pages.job_of_path import read_job
from oa_api.jobs.rows import JobRow
from oa_api.ui.rendering import render
from oa_shared.json_types import JsonMapping, JsonObject

CHANGES_FILE, DELTA_FILE = "changes.jsonl.gz", "delta.geojson"
_KINDS = ("added", "removed", "changed")
_LISTED, _ON_MAP = 100, 3_000
_HIDDEN = frozenset({"hash", "id_occurrence"})


@dataclass(frozen=True, slots=True)
class Change:
    """A feature that was added, removed or changed."""

    change: object
    hash: object
    attributes: JsonObject


async def show_changes(request: web.Request) -> web.Response:
    """Show the counts, the first changes, and a map of them."""
    job = await read_job(request)
    lines = await _read_changes(request, job)
    counts = (job.result or {}).get("changes")
    return render(
        request,
        "jobs/job/changes.html",
        job=job,
        changes=[_change(line) for line in lines[:_LISTED]],
        places=len(await _read_features(request, job, lines)),
        counts=counts if isinstance(counts, dict) else {},
    )


async def get_geojson(request: web.Request) -> web.Response:
    """Return the changes that have a geometry as GeoJSON, for the map."""
    job = await read_job(request)
    features = await _read_features(request, job, await _read_changes(request, job))
    return web.json_response({"type": "FeatureCollection", "features": features, **_bounds(features)})


async def _read_changes(request: web.Request, job: JobRow) -> list[JsonObject]:
    return [line for line in await read_lines(request, job, CHANGES_FILE) if line.get("change") in _KINDS]


async def _read_features(request: web.Request, job: JobRow, lines: list[JsonObject]) -> list[JsonObject]:
    """Return the features of the job's delta; of a job without one, the first changes that have a geometry."""
    delta = flatten_delta(await read_json(request, job, DELTA_FILE))
    return delta or [feature for line in lines[:_ON_MAP] if (feature := _point_feature(line))]


def flatten_delta(delta: object) -> list[JsonObject]:
    """Return the features of a delta that have a geometry, with their former values as properties of their own."""
    features = delta.get("features") if isinstance(delta, dict) else None
    return [_flatten(feature) for feature in features or [] if isinstance(feature, dict) and feature.get("geometry")]


def _flatten(feature: JsonMapping) -> JsonObject:
    given = feature.get("properties")
    properties = dict(given) if isinstance(given, dict) else {}
    before = properties.pop("before", None)
    former = {f"{name} before": value for name, value in before.items()} if isinstance(before, dict) else {}
    return {**feature, "properties": {**properties, **former}}


def _change(line: JsonMapping) -> Change:
    properties = _properties(line)
    attributes = {name: value for name, value in properties.items() if name not in _HIDDEN and value not in ("", None)}
    return Change(line["change"], properties.get("hash", ""), attributes)


def _point_feature(line: JsonMapping) -> JsonObject | None:
    feature = line.get("feature")
    position = _position(feature.get("geometry")) if isinstance(feature, dict) else None
    if position is None:
        return None
    properties = {**_properties(line), "change": line["change"]}
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": position}}


def _properties(line: JsonMapping) -> JsonObject:
    feature = line.get("feature")
    properties = feature.get("properties") if isinstance(feature, dict) else None
    return properties if isinstance(properties, dict) else {}


def _position(geometry: object) -> list[float] | None:
    """Return the first position of a geometry: the map of changes shows an area as a dot too."""
    position = geometry.get("coordinates") if isinstance(geometry, dict) else None
    while isinstance(position, list) and position and isinstance(position[0], list):
        position = position[0]
    if not isinstance(position, list) or len(position) < 2:  # noqa: PLR2004 - longitude and latitude
        return None
    return position[:2] if all(isinstance(number, int | float) for number in position) else None


def _bounds(features: list[JsonObject]) -> JsonObject:
    positions = [position for feature in features if (position := _position(feature["geometry"])) is not None]
    if not positions:
        return {}
    xs, ys = [position[0] for position in positions], [position[1] for position in positions]
    return {"bbox": [min(xs), min(ys), max(xs), max(ys)]}
