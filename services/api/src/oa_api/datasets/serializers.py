"""Datasets and publications as responses and pages have them, in the shape of datasets/schemas.py.

Written by hand: for a page of a hundred datasets with ten files each, the schemas take ten times as long.
"""

from urllib.parse import quote

from oa_api.datasets.rows import DatasetRow, HistoryRow
from oa_api.datasets.withdrawals import OfferState
from oa_api.http.fields import optional_rfc3339, rfc3339
from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.licenses import credit_of, normalize_license
from oa_shared.status import JobStatus

_NEEDS_REVIEW = "needs review"
_FIGURES = ("count", "valid", "bounds")


def summarize_dataset(dataset: DatasetRow) -> JsonObject:
    """Return a dataset as an item of a list: without its files, and without what its result says about each field."""
    result = dataset.result or {}
    return {
        **_identify(dataset),
        **{name: result.get(name) for name in _FIGURES},
        "license": _serialize_license(dataset),
        "latest_job": _serialize_latest_job(dataset),
    }


def serialize_dataset(dataset: DatasetRow) -> JsonObject:
    """Return a dataset with its files, its license and why its latest job, if any, did not publish."""
    is_kept = dataset.state in {OfferState.PUBLISHED, OfferState.RETIRED}
    files = serialize_files(dataset.result, job=dataset.job, attempt=dataset.attempt, is_kept=is_kept)
    prefix = latest_prefix(dataset.source_name, dataset.layer, dataset.name)
    return {
        **_identify(dataset),
        "result": dataset.result,
        **_serialize_result(dataset),
        "files": [{**file, "latest": prefix + quote(str(file["name"]), safe="")} for file in files],
        "latest_job": _serialize_latest_job(dataset),
    }


def _identify(dataset: DatasetRow) -> JsonObject:
    return {
        "id": dataset.id,
        "source_name": dataset.source_name,
        "layer": dataset.layer,
        "name": dataset.name,
        "job": dataset.job,
        "attempt": dataset.attempt,
        "run": dataset.run,
        "attribution": credit_of(normalize_license(dataset.license), dataset.source_name).line,
        "updated_at": rfc3339(dataset.updated_at),
        "checked_at": rfc3339(dataset.checked_at),
        "checked_job": dataset.checked_job,
        "state": dataset.state,
        "history": f"/api/data/{dataset.id}/history",
    }


def serialize_publication(publication: HistoryRow) -> JsonObject:
    """Return a publication of a dataset."""
    job, attempt, deleted_at = publication.job, publication.attempt, publication.files_deleted_at
    return {
        "id": publication.id,
        "job": job,
        "attempt": attempt,
        "run": publication.run,
        **_serialize_result(publication),
        "published_at": rfc3339(publication.published_at),
        "files_deleted_at": optional_rfc3339(deleted_at),
        "files": serialize_files(publication.result, job=job, attempt=attempt, is_kept=publication.is_kept),
    }


def serialize_files(result: JsonMapping | None, *, job: int, attempt: int, is_kept: bool) -> list[JsonObject]:
    """Return the files of a result by name, each with its permanent URL."""
    outputs = (result or {}).get("outputs")
    return [
        {
            "name": name,
            "size_bytes": output.get("bytes"),
            "sha256": output.get("sha256"),
            "url": output_url(job, attempt, name) if is_kept else None,
        }
        for name, output in sorted(outputs.items() if isinstance(outputs, dict) else ())
    ]


def latest_prefix(source_name: str, layer: str, name: str) -> str:
    """Return the path below which the files of a dataset have permanent URLs."""
    return f"/latest/{quote(source_name)}/{layer}/{quote(name, safe='')}/"


def output_url(job: int, attempt: int, file: str) -> str:
    """Return the URL of a file of one attempt."""
    return f"/api/job/{job}/output/{quote(file, safe='')}?attempt={attempt}"


def changes_of(result: JsonMapping | None) -> JsonObject | None:
    """Return the counts of changes since the previous publication, as the job reported them."""
    changes = (result or {}).get("changes")
    return changes if isinstance(changes, dict) else None


def _serialize_latest_job(dataset: DatasetRow) -> JsonObject | None:
    if dataset.latest_id is None or dataset.latest_status is None:
        return None
    error = dataset.error_message or dataset.error_code or dataset.latest_status.lower()
    if dataset.latest_status == JobStatus.WARN:
        error = f"{_NEEDS_REVIEW}: {dataset.review_reasons}" if dataset.review_reasons else _NEEDS_REVIEW
    return {
        "id": dataset.latest_id,
        "run": dataset.latest_run,
        "attempt": dataset.latest_attempt,
        "status": dataset.latest_status,
        "code": dataset.error_code,
        "error": error,
        "ended_at": optional_rfc3339(dataset.ended_at),
    }


def _serialize_result(published: DatasetRow | HistoryRow) -> JsonObject:
    result = published.result or {}
    commit = published.github.get("sha") if isinstance(published.github, dict) else None
    return {
        **{name: result.get(name) for name in _FIGURES},
        "fields": _serialize_fill(result),
        "changes": changes_of(result),
        "license": _serialize_license(published),
        "origin": {
            "sha256": published.source_sha256,
            "url": published.source_url,
            "definition": f"/api/job/{published.job}/raw",
            "commit": commit if isinstance(commit, str) else None,
        },
    }


def _serialize_license(published: DatasetRow | HistoryRow) -> JsonObject | None:
    license_ = normalize_license(published.license)
    return license_.as_json() if license_ else None


def _serialize_fill(result: JsonMapping) -> dict[str, JsonObject]:
    count, filled = result.get("count"), result.get("fields")
    if not isinstance(filled, dict):
        return {}
    return {
        name: {"filled": number, "rate": round(number / count, 4) if isinstance(count, int) and count else 0.0}
        for name, number in filled.items()
        if isinstance(number, int)
    }
