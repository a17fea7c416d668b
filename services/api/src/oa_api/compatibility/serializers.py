"""Jobs, runs, datasets, places and products in the shapes of openaddresses/batch, those of schemas.py."""

from collections.abc import Collection, Mapping
from datetime import datetime

from oa_api.compatibility.geometry import make_polygon, read_box
from oa_api.compatibility.rows import DatasetV1Row, ExportDetailRow, JobErrorRow, PlaceRow
from oa_api.compatibility.statuses import run_status_v1, status_v1
from oa_api.datasets.rows import DatasetRow
from oa_api.jobs.output_files import output_files
from oa_api.jobs.rows import JobRow
from oa_api.jobs.run_rows import RunRow
from oa_api.products.rows import CollectionRow, ExportRow
from oa_shared.ids import attempt_prefix
from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.licenses import License
from oa_shared.products import COLLECTION_FILES, COLLECTION_FORMATS, DEDUPLICATED_COLLECTION_FILES, ProductFormat
from oa_shared.version import VERSION

SOURCE_FILE, TILES_FILE = "source.geojson.gz", "source.pmtiles"
_OUTPUTS = {
    "cache": "cache.zip",
    "output": SOURCE_FILE,
    "preview": "source.png",
    "validated": "validated.geojson.gz",
    "pmtiles": TILES_FILE,
}
_MILLISECONDS = 1000


def milliseconds(moment: datetime) -> int:
    """Return a time in milliseconds since 1970."""
    return round(moment.timestamp() * _MILLISECONDS)


def _optional_milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else milliseconds(moment)


def output_flags(files: Collection[str]) -> dict[str, bool]:
    """Return which kinds of files exist."""
    return {kind: name in files for kind, name in _OUTPUTS.items()}


def list_job_v1(job: JobRow, *, origin: str) -> JsonObject:
    """Return a job as an item of a list; `origin` starts the URLs of this service."""
    files = job.output
    source_file = job.files.get(SOURCE_FILE)
    return {
        "id": job.id,
        "run": job.run,
        "map": None,
        "created": milliseconds(job.created_at),
        "source": job.source_url or f"{origin}/api/job/{job.id}/raw",
        "source_name": job.source_name,
        "layer": job.layer,
        "name": job.name,
        "output": output_flags(files),
        "loglink": f"{attempt_prefix(job.id, job.attempt)}log.jsonl" if job.started_at else None,
        "status": status_v1(job.status),
        "size": source_file.size_bytes if source_file else None,
        "pmtiles_url": f"{origin}/api/job/{job.id}/output/{TILES_FILE}" if TILES_FILE in files else None,
    }


def job_v1(job: JobRow, *, origin: str, place: int | None = None, license_: License | None = None) -> JsonObject:
    """Return a job with its counts and its license."""
    result = job.result or {}
    count = result.get("count")
    return {
        **list_job_v1(job, origin=origin),
        "map": place,
        "license": license_.as_stated() if license_ else False,
        "stats": stats_v1(result),
        "count": count if isinstance(count, int) else None,
        "bounds": make_polygon(read_box(result.get("bounds"))),
        "version": VERSION,
    }


def stats_v1(result: JsonMapping) -> JsonObject:
    """Return the number of values in each field, and of valid features; empty without a result."""
    count, valid, filled = (result.get(name) for name in ("count", "valid", "fields"))
    stats: JsonObject = {"counts": filled} if isinstance(filled, dict) else {}
    if isinstance(count, int) and isinstance(valid, int):
        stats["validity"] = {"valid": valid, "failed": count - valid}
    return stats


def history_job_v1(job: JobRow) -> JsonObject:
    """Return a job in the history of a dataset."""
    result = job.result or {}
    return {
        "id": job.id,
        "created": milliseconds(job.created_at),
        "status": status_v1(job.status),
        "output": output_flags(job.output),
        "run": job.run,
        "count": result.get("count") or 0,
        "stats": stats_v1(result),
        "map": None,
    }


def run_v1(run: RunRow) -> JsonObject:
    """Return a run."""
    return {
        "id": run.id,
        "live": run.live,
        "created": milliseconds(run.created_at),
        "closed": run.closed,
        "github": run.github or {},
    }


def list_run_v1(run: RunRow) -> JsonObject:
    """Return a run as an item of a list, with the worst status of its jobs and their number."""
    return {**run_v1(run), "status": run_status_v1(run.counts), "jobs": sum(run.counts.values())}


def list_dataset_v1(dataset: DatasetV1Row) -> JsonObject:
    """Return a dataset as an item of a list."""
    return {
        "id": dataset.id,
        "map": dataset.map,
        # The fabric has all published data.
        "fabric": dataset.updated_at is not None,
        "source": dataset.source_name,
        "updated": _optional_milliseconds(dataset.updated_at),
        "layer": dataset.layer,
        "name": dataset.name,
        "job": dataset.job,
        "latest_job": dataset.latest_job or dataset.job,
        "size": dataset.size_bytes,
        "output": output_flags(dataset.files),
    }


def dataset_v1(dataset: DatasetRow) -> JsonObject:
    """Return one dataset."""
    files = output_files(dataset.result)
    source_file = files.get(SOURCE_FILE)
    return {
        "id": dataset.id,
        "fabric": True,
        "source": dataset.source_name,
        "updated": milliseconds(dataset.updated_at),
        "layer": dataset.layer,
        "name": dataset.name,
        "job": dataset.job,
        "size": source_file.size_bytes if source_file else None,
        "output": output_flags(files),
    }


def place_v1(place: PlaceRow) -> JsonObject:
    """Return a place: the extent of the data of a source."""
    geometry = make_polygon(read_box(place.bounds))
    return {"id": place.id, "name": place.name, "code": place.name, "bbox": place.bounds, "geom": geometry}


def place_feature(place: PlaceRow) -> JsonObject:
    """Return a place as a GeoJSON feature, with the layers that have data."""
    layers = {"addresses": place.has_addresses, "buildings": place.has_buildings, "parcels": place.has_parcels}
    return {
        "id": place.id,
        "type": "Feature",
        "properties": {"id": place.id, "name": place.name, "code": place.name, **layers},
        "geometry": make_polygon(read_box(place.bounds)),
    }


def collection_v1(collection: CollectionRow) -> JsonObject:
    """Return a collection; its sizes are those of the files that its downloads return."""
    return {
        "id": collection.id,
        "name": collection.name,
        "human": collection.display_name,
        "sources": collection.sources,
        "created": milliseconds(collection.built_at or collection.created_at),
        "size": _size_of_first(collection, COLLECTION_FILES),
        "processed_size": _size_of_first(collection, DEDUPLICATED_COLLECTION_FILES),
    }


def _size_of_first(collection: CollectionRow, names: Mapping[ProductFormat, str]) -> int | None:
    outputs = collection.outputs
    return next((outputs[names[key]].size_bytes for key in COLLECTION_FORMATS if names[key] in outputs), None)


def export_v1(export: ExportRow, detail: ExportDetailRow) -> JsonObject:
    """Return an export; one of several sources has its own job as `job_id`."""
    owner = int(detail.owner) if detail.owner.isascii() and detail.owner.isdigit() else 0
    expires_at = export.expires_at or export.created_at
    return {
        "id": export.id,
        "uid": owner,
        "job_id": detail.job or export.job,
        "format": export.format,
        "created": milliseconds(export.created_at),
        "expiry": milliseconds(expires_at),
        "size": export.size if export.files else None,
        "status": status_v1(export.status),
        "loglink": f"export/{export.id}",
    }


def list_export_v1(export: ExportRow, detail: ExportDetailRow) -> JsonObject:
    """Return an export as an item of a list, with the source that it is of."""
    return {
        **export_v1(export, detail),
        "source_name": detail.source_name or str(export.asked.get("source") or ""),
        "layer": detail.layer or str(export.asked.get("layer") or ""),
        "name": detail.name or "",
    }


def error_v1(error: JobErrorRow) -> JsonObject:
    """Return a job that needs review."""
    return {
        "job": error.job,
        "status": status_v1(error.status),
        "messages": error.messages,
        "source_name": error.source_name,
        "layer": error.layer,
        "name": error.name,
    }
