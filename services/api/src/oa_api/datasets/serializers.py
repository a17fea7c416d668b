"""A dataset as answers and pages show it, in the shape of schemas/datasets.py.

It is made by hand: a page of a hundred datasets, ten files each, takes the schemas ten times as long.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from oa_api.db.database import Row
from oa_api.definitions.licenses import normalize_license
from oa_api.http.fields import rfc3339

_HELD_BACK = "the quality gate holds it back"


def serialize_dataset(row: Row) -> dict[str, Any]:
    """Return a dataset with its files, its licence and why its latest job, if any, did not publish."""
    files = files_of(row["result"], row, is_kept=True)
    latest = _latest_prefix(row)
    return {
        **{name: row[name] for name in ("id", "source_name", "layer", "name", "job", "attempt", "run", "result")},
        **_numbers(row),
        "updated_at": rfc3339(row["updated_at"]),
        "files": [{**file, "latest": latest + quote(file["name"], safe="")} for file in files],
        "latest_job": latest_job(row),
        "history": f"/api/data/{row['id']}/history",
    }


def serialize_publication(row: Row) -> dict[str, Any]:
    """Return one publication of a dataset."""
    gone = row.get("files_deleted_at")
    return {
        **{name: row[name] for name in ("id", "job", "attempt", "run")},
        **_numbers(row),
        "published_at": rfc3339(row["published_at"]),
        "files_deleted_at": rfc3339(gone) if gone else None,
        "files": files_of(row["result"], row, is_kept=row["is_kept"]),
    }


def files_of(result: Mapping[str, Any] | None, row: Row, *, is_kept: bool) -> list[dict[str, Any]]:
    """Return the files of a result, by name, each with the address that stays its own."""
    outputs = (result or {}).get("outputs") or {}
    return [
        {
            "name": name,
            "size_bytes": about.get("bytes"),
            "sha256": about.get("sha256"),
            "url": output_address(row["job"], row["attempt"], name) if is_kept else None,
        }
        for name, about in sorted(outputs.items())
    ]


def output_address(job: int, attempt: int, file: str) -> str:
    """Return the address of a file of one attempt."""
    return f"/api/job/{job}/output/{quote(file, safe='')}?attempt={attempt}"


def latest_job(row: Row) -> dict[str, Any] | None:
    """Return the newer job that did not publish, with why in words."""
    if row["latest_id"] is None:
        return None
    told = {name: row[f"latest_{name}"] for name in ("id", "run", "attempt", "status")}
    why = row["error_message"] or row["error_code"] or row["latest_status"].lower()
    if row["latest_status"] == "Warn":
        why = f"{_HELD_BACK}: {row['reasons']}" if row["reasons"] else _HELD_BACK
    ended_at = rfc3339(row["ended_at"]) if row["ended_at"] else None
    return {**told, "code": row["error_code"], "error": why, "ended_at": ended_at}


def _latest_prefix(row: Row) -> str:
    return f"/latest/{quote(row['source_name'])}/{row['layer']}/{quote(row['name'], safe='')}/"


def _numbers(row: Row) -> dict[str, Any]:
    result = row["result"] or {}
    count, changes, licence = result.get("count"), result.get("changes"), normalize_license(row["license"])
    github = row["github"] if isinstance(row["github"], dict) else {}
    origin = {"sha256": row["source_sha256"], "url": row["source_url"], "definition": f"/api/job/{row['job']}/raw"}
    return {
        **{name: result.get(name) for name in ("count", "valid", "bounds")},
        "fields": _fills(result.get("fields") or {}, count or 0),
        "changes": changes if isinstance(changes, dict) else None,
        "license": licence.as_json() if licence else None,
        "origin": {**origin, "commit": github.get("sha") if isinstance(github.get("sha"), str) else None},
    }


def _fills(filled: Mapping[str, Any], count: int) -> dict[str, dict[str, Any]]:
    return {
        name: {"filled": number, "rate": round(number / count, 4) if count else 0.0}
        for name, number in filled.items()
        if isinstance(number, int)
    }
