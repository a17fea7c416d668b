"""The page of a job's changes, feature by feature: a list and a map."""

from dataclasses import dataclass

from aiohttp import web

from oa_api.jobs.pages.files import read_json, read_lines
from oa_api.jobs.pages.job_of_path import read_job
from oa_api.jobs.rows import JobRow
from oa_api.ui.rendering import render
from oa_shared.feature_changes import FieldDifference, read_field_differences
from oa_shared.json_types import JsonMapping, JsonObject

CHANGES_FILE, DELTA_FILE = "changes.jsonl.gz", "delta.geojson"
_KINDS = ("added", "removed", "changed")
_LISTED, _ON_MAP, _IN_EXAMPLE = 100, 3_000, 5
_HIDDEN = frozenset({"hash", "id_occurrence"})


@dataclass(frozen=True, slots=True)
class Change:
    """A feature that was added, removed or changed.

    `differences` has the values before and after of a changed feature, `attributes` those that it has now.
    """

    change: object
    hash: object
    attributes: JsonObject
    differences: JsonObject


@dataclass(frozen=True, slots=True)
class FieldExample:
    """A value before and after a change, and other attributes of the feature; `distance_m` between two places."""

    change: object
    before: object
    after: object
    distance_m: object
    attributes: JsonObject


@dataclass(frozen=True, slots=True)
class ChangedField:
    """A field that changed, with examples."""

    difference: FieldDifference
    examples: list[FieldExample]


async def show_changes(request: web.Request) -> web.Response:
    """Show the counts, the fields that changed, the first changes, and a map of them."""
    job = await read_job(request)
    lines = await _read_changes(request, job)
    counts = (job.result or {}).get("changes")
    delta = await read_json(request, job, DELTA_FILE)
    return render(
        request,
        "jobs/job/changes.html",
        job=job,
        changes=[_change(line) for line in lines[:_LISTED]],
        places=len(_features_of(delta, lines)),
        fields=list_changed_fields(counts, delta),
        counts=counts if isinstance(counts, dict) else {},
    )


async def get_geojson(request: web.Request) -> web.Response:
    """Return the changes that have a geometry as GeoJSON, for the map: a moved feature as a line and a point."""
    job = await read_job(request)
    features = _features_of(await read_json(request, job, DELTA_FILE), await _read_changes(request, job))
    shown = [*features, *filter(None, map(_moved_to, features))]
    return web.json_response({"type": "FeatureCollection", "features": shown, **_bounds(features)})


async def _read_changes(request: web.Request, job: JobRow) -> list[JsonObject]:
    return [line for line in await read_lines(request, job, CHANGES_FILE) if line.get("change") in _KINDS]


def _features_of(delta: object, lines: list[JsonObject]) -> list[JsonObject]:
    """Return the features of a job's delta; without one, the first changes that have a geometry."""
    return flatten_delta(delta) or [feature for line in lines[:_ON_MAP] if (feature := _point_feature(line))]


def list_changed_fields(counts: object, delta: object) -> list[ChangedField]:
    """Return the fields that changed, the most lost first, with the examples of the delta."""
    examples = delta.get("examples") if isinstance(delta, dict) else None
    by_field = examples if isinstance(examples, dict) else {}
    return [ChangedField(item, _examples(by_field.get(item.field))) for item in read_field_differences(counts)]


def _examples(reported: object) -> list[FieldExample]:
    return [_example(item) for item in (reported if isinstance(reported, list) else []) if isinstance(item, dict)]


def _example(item: JsonMapping) -> FieldExample:
    feature = item.get("feature")
    shown = [(name, value) for name, value in (feature.items() if isinstance(feature, dict) else ()) if name != "hash"]
    moved = item.get("moved_m")
    return FieldExample(
        change=item.get("change"),
        before=_place_text(item.get("before")),
        after=_place_text(item.get("after")),
        distance_m=moved if isinstance(moved, int | float) else None,
        attributes=dict(shown[:_IN_EXAMPLE]),
    )


def _place_text(value: object) -> object:
    """Return a value; a position, longitude and latitude, as text."""
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def flatten_delta(delta: object) -> list[JsonObject]:
    """Return the features of a delta that have a geometry, with their former values as further properties."""
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
    return Change(line["change"], properties.get("hash", ""), attributes, _differences(line, properties))


def _differences(line: JsonMapping, properties: JsonMapping) -> JsonObject:
    """Return the values before and after of what changed, as far as a line has them."""
    before = line.get("before")
    earlier = before if isinstance(before, dict) else {}
    values: JsonObject = {name: (value, properties.get(name)) for name, value in earlier.items()}
    if "before_geometry" in line:
        values["geometry"] = (_place_label(line["before_geometry"]), _place_label(_geometry(line)))
    return values


def _geometry(line: JsonMapping) -> object:
    feature = line.get("feature")
    return feature.get("geometry") if isinstance(feature, dict) else None


def _place_label(geometry: object) -> str | None:
    """Return the type and the first position of a geometry."""
    position = _position(geometry)
    if position is None or not isinstance(geometry, dict):
        return None
    place = ", ".join(map(str, position))
    return place if geometry.get("type") == "Point" else f"{geometry.get('type')} at {place}"


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


def _moved_to(feature: JsonObject) -> JsonObject | None:
    """Return the point to which a feature moved, which the map shows at any scale; None for a feature that did not."""
    ends = _ends(feature["geometry"])
    if len(ends) < 2:  # noqa: PLR2004 - a line has two
        return None
    return {**feature, "geometry": {"type": "Point", "coordinates": ends[1]}}


def _ends(geometry: object) -> list[list[float]]:
    """Return the first position of a geometry; of a line, which shows a move, both ends."""
    first = _position(geometry)
    if first is None or not isinstance(geometry, dict) or geometry.get("type") != "LineString":
        return [] if first is None else [first]
    last = _position({"coordinates": geometry["coordinates"][-1]})
    return [first] if last is None else [first, last]


def _bounds(features: list[JsonObject]) -> JsonObject:
    positions = [position for feature in features for position in _ends(feature["geometry"])]
    if not positions:
        return {}
    xs, ys = [position[0] for position in positions], [position[1] for position in positions]
    return {"bbox": [min(xs), min(ys), max(xs), max(ys)]}
