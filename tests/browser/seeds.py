"""The data of the sites, written as rows."""

import gzip
import json
from pathlib import Path
from typing import Any

import psycopg2

from browser.site import Site
from support.running_api import definition

_SQL = (Path(__file__).parent / "seeds.sql").read_text("utf-8")
HOSTILE = "<img src=x onerror=alert(1)>"


def _lines(values: list[Any]) -> bytes:
    return "".join(json.dumps(value) + "\n" for value in values).encode()


RESULT: dict[str, Any] = {
    "count": 1234,
    "bounds": [-122.32, 37.84, -122.23, 37.91],
    "valid": 1230,
    "without_geometry": 2,
    "changes": {
        "previous": True,
        "added": 2,
        "removed": 1,
        "changed": 2,
        "unchanged": 1230,
        "moved": 1,
        "fields": {
            "number": {"lost": 1, "changed": 0, "gained": 0},
            HOSTILE: {"lost": 0, "changed": 1, "gained": 0},
            "geometry": {"lost": 0, "changed": 1, "gained": 0},
        },
    },
    "fields": {"number": 1234, "street": 1220, "city": 1234, "postcode": 310},
    "outputs": {},
}
_FEATURE = {"type": "Feature", "properties": {"hash": "0" * 16, "number": "7", "street": HOSTILE}}
_CHANGES = [
    {
        "change": change,
        "id_occurrence": 0,
        "feature": {**_FEATURE, "geometry": {"type": "Point", "coordinates": [-122.3 + place / 50, 37.85]}},
    }
    for place, change in enumerate(("removed", "added", "added", "changed"))
]
_MOVED = {
    "change": "changed",
    "id_occurrence": 0,
    "previous_hash": "1" * 16,
    "before": {"number": "12"},
    "before_geometry": {"type": "Point", "coordinates": [-122.3, 37.86]},
    "feature": {
        "type": "Feature",
        "properties": {"hash": "2" * 16, "number": "", "street": HOSTILE},
        "geometry": {"type": "Point", "coordinates": [-122.27, 37.88]},
    },
}
_EXAMPLE = {"feature": {"street": HOSTILE, "city": "Berkeley"}}
_DELTA = {
    "type": "FeatureCollection",
    "shown": {"removed": 1, "added": 2, "changed": 1},
    "of": {"removed": 1, "added": 2, "changed": 2},
    "examples": {
        "number": [{**_EXAMPLE, "change": "lost", "before": "12", "after": None}],
        HOSTILE: [{**_EXAMPLE, "change": "changed", "before": HOSTILE, "after": "b"}],
        "geometry": [
            {
                **_EXAMPLE,
                "change": "changed",
                "before": [-122.3, 37.86],
                "after": [-122.27, 37.88],
                "moved_m": 3446.5,
            }
        ],
    },
    "features": [
        *(
            {**line["feature"], "properties": {**line["feature"]["properties"], "change": line["change"]}}
            for line in _CHANGES[:3]
        ),
        {
            "type": "Feature",
            "properties": {"change": "changed", "street": HOSTILE, "before": {"number": "12"}, "moved_m": 3446.5},
            "geometry": {"type": "LineString", "coordinates": [[-122.3, 37.86], [-122.27, 37.88]]},
        },
    ],
}
_SAMPLE = {
    "row": 1,
    "raw": {"NO": "7", "ST": HOSTILE},
    "attributes": [
        {
            "attribute": "number",
            "value": "7",
            "step": {"function": "column", "pointer": "/conform/number", "steps": []},
        },
        {"attribute": "street", "value": HOSTILE, "step": None},
    ],
    "geometry": "POINT (-122.3 37.85)",
}
_PROFILE = {
    "sample_rows": 5000,
    "columns": {
        "NO": {"kind": "integer", "share_empty": 0.02, "distinct": 310, "top_values": [{"value": "1", "count": 17}]},
        HOSTILE: {"kind": "text", "share_empty": 0.5, "distinct": 2, "top_values": [{"value": HOSTILE, "count": 9}]},
    },
}
_LOG = [
    {"timestamp": "2026-11-24T12:00:00Z", "level": "info", "event": "download_begun", "url": f"https://x/{HOSTILE}"},
    {"timestamp": "2026-11-24T12:00:09Z", "level": "error", "event": "attempt_failed", "code": "source.not_found"},
]
FILES = {
    "changes.jsonl.gz": gzip.compress(_lines([*_CHANGES, _MOVED, {"change": "summary"}]), mtime=0),
    "delta.geojson": json.dumps(_DELTA).encode(),
    "profile.json": json.dumps(_PROFILE).encode(),
    "sample.json": json.dumps({"rows": [_SAMPLE]}).encode(),
    "source.geojson.gz": gzip.compress(b"{}\n", mtime=0),
}


def statement(name: str) -> str:
    """Return the statement of seeds.sql with this name."""
    return _SQL.split(f"-- name: {name}\n", 1)[1].split("-- name:", 1)[0].strip()


def seed(database_url: str, site: Site) -> None:
    """Write the rows, and files for every job."""
    for job in range(1, 12):
        prefix = f"job/{job}/attempt-1/"
        for name, body in {**FILES, "log.jsonl": _lines(_LOG)}.items():
            site.run(site.storage.put_bytes(prefix + name, body))
    facts = {
        name: {"key": f"job/1/attempt-1/{name}", "bytes": len(body), "sha256": "b" * 64} for name, body in FILES.items()
    }
    result = {**RESULT, "outputs": facts}
    values = {"definition": json.dumps(definition("city", "county")), "result": json.dumps(result)}
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement("fill"), values)
        cursor.execute(statement("beat"))
    connection.close()
