"""Recorded cases with the rings of areas turned as RFC 7946 demands, which batch-machine does not do.

Everything else of a case stays, so that `check.py` compares each vertex (docs/engine.md, "Known errors of
batch-machine").
"""

import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any


def copy_turned(cases: Path, folder: Path) -> Path:
    """Copy the cases of a folder, with the expected features turned, and return the copy."""
    copy = folder / cases.name
    shutil.copytree(cases, copy)
    for path in copy.glob("*/expected.jsonl"):
        features = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
        path.write_text("".join(f"{json.dumps(_turn(feature), ensure_ascii=False)}\n" for feature in features), "utf-8")
    return copy


def _turn(feature: dict[str, Any]) -> dict[str, Any]:
    geometry = feature["geometry"]
    if geometry is None:
        return feature
    turned: list[Any] = geometry["coordinates"]
    match geometry["type"]:
        case "Polygon":
            turned = _turn_area(turned)
        case "MultiPolygon":
            turned = [_turn_area(area) for area in turned]
    return {**feature, "geometry": {**geometry, "coordinates": turned}}


def _turn_area(rings: list[list[list[float]]]) -> list[list[list[float]]]:
    """Return the rings with the outline counterclockwise and the holes clockwise."""
    return [ring if _is_counterclockwise(ring) == (place == 0) else ring[::-1] for place, ring in enumerate(rings)]


def _is_counterclockwise(ring: list[list[float]]) -> bool:
    west, south = ring[0][:2]
    area = sum((a[0] - west) * (b[1] - south) - (b[0] - west) * (a[1] - south) for a, b in pairwise(ring))
    return area > 0
