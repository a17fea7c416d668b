"""From rows of the database to what the schemas of answers dump."""

from datetime import datetime
from typing import Any

from oa_api.db.database import Row
from oa_api.products import responses as answers
from oa_shared.status import JobStatus

# What only programs ask for: not listed, though they can be had.
_UNLISTED = frozenset({"manifest.json", "plan.json"})
_COLLECTION, _BUILD, _EXPORT, _LAYER = (
    answers.CollectionSchema(),
    answers.CollectionBuildSchema(),
    answers.ExportSchema(),
    answers.FabricLayerSchema(),
)
_TIMES = ("created_at", "ended_at")


def collection_view(row: Row) -> Any:
    """Return a collection with the files of its newest good build and the state of its latest one."""
    made = _made(row, f"/api/collections/{row['id']}/output")
    build = _build(_with_times(row["build"])) if row["build"] else None
    return _COLLECTION.dump({**row, **made, "created": row["created_at"], "build": build})


def build_view(row: Row) -> Any:
    """Return one build of a collection."""
    return _BUILD.dump(_build(row))


def export_view(row: Row) -> Any:
    """Return an export with its file, as long as that is kept."""
    made = _made(row, f"/api/export/{row['id']}/output")
    files = [] if row["is_expired"] else made["files"]
    times = {"created": row["created_at"], "expiry": row["expires_at"]}
    return _EXPORT.dump({**row, **made, **times, "files": files, "error": _error(row)})


def fabric_view(row: Row) -> Any:
    """Return the map of a layer, or that there is none yet."""
    build = _build({"skipped": None, **_with_times(row["build"])}) if row["build"] else None
    return _LAYER.dump({**row, **_made(row, f"/api/fabric/{row['layer']}/output"), "build": build})


def outputs_of(row: Row) -> dict[str, Row]:
    """Return the files of a product, by name."""
    return dict(sorted(((row["result"] or {}).get("outputs") or {}).items()))


def _made(row: Row, prefix: str) -> Row:
    result = row["result"] or {}
    files = [
        {"name": name, "url": f"{prefix}/{name}", "size_bytes": about["bytes"], "sha256": about["sha256"]}
        for name, about in outputs_of(row).items()
        if name not in _UNLISTED
    ]
    size = sum(file["size_bytes"] for file in files)
    return {"count": result.get("count"), "bounds": result.get("bounds"), "size": size, "files": files}


def _build(row: Row) -> Row:
    status = answers.SKIPPED if row["skipped"] else row["status"] or JobStatus.PENDING
    return {**row, "status": status, "error": _error(row)}


def _with_times(found: Row) -> Row:
    """Return a row that came as JSON, with its times as such."""
    return {**found, **{name: datetime.fromisoformat(found[name]) for name in _TIMES if found[name]}}


def _error(row: Row) -> Row | None:
    return {"code": row["error_code"], "message": row["error_message"]} if row["error_code"] else None
