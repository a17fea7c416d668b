"""A dataset as answers and pages show it: from rows of the database to what the schemas dump."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from oa_api.licences import normalise
from oa_api.schemas import data
from oa_api.store.database import Row

_DATASET, _PUBLICATION = data.Dataset(), data.Publication()
_HELD_BACK = "the quality gate holds it back"


def dataset_view(row: Row) -> Any:
    """Return a dataset with its files, its licence and why its latest job, if any, did not publish."""
    files = [
        {**file, "latest": latest_address(row, file["name"])} for file in files_of(row["result"], row, is_kept=True)
    ]
    shown = {**row, **_numbers(row), "files": files, "latest_job": latest_job(row)}
    return _DATASET.dump({**shown, "history": f"/api/data/{row['id']}/history"})


def publication_view(row: Row) -> Any:
    """Return one publication of a dataset."""
    return _PUBLICATION.dump({**row, **_numbers(row), "files": files_of(row["result"], row, is_kept=row["is_kept"])})


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


def latest_address(row: Row, file: str) -> str:
    """Return the address that leads to the newest such file."""
    name = quote(row["name"], safe="")
    return f"/latest/{quote(row['source_name'])}/{row['layer']}/{name}/{quote(file, safe='')}"


def latest_job(row: Row) -> dict[str, Any] | None:
    """Return the newer job that did not publish, with why in words."""
    if row["latest_id"] is None:
        return None
    told = {name: row[f"latest_{name}"] for name in ("id", "run", "attempt", "status")}
    why = row["error_message"] or row["error_code"] or row["latest_status"].lower()
    if row["latest_status"] == "Warn":
        why = f"{_HELD_BACK}: {row['reasons']}" if row["reasons"] else _HELD_BACK
    return {**told, "code": row["error_code"], "error": why, "ended_at": row["ended_at"]}


def _numbers(row: Row) -> dict[str, Any]:
    result = row["result"] or {}
    count, changes, licence = result.get("count"), result.get("changes"), normalise(row["license"])
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
