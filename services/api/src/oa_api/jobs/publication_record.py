"""What goes with a publication, in its transaction: its row of history, and what webhooks are told of it."""

import json
from typing import Any

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.definitions.licenses import License, license_of
from oa_api.http.fields import rfc3339

PUBLISHED = "data.published"
_SQL = load_queries("jobs.publishing")


async def license_for(transaction: Transaction, job: Row) -> License | None:
    """Return the licence that the job's definition states for its entry."""
    row = await transaction.first(_SQL["definition"], {"job": job["id"]})
    return license_of(json.loads(row["definition"]), job["layer"], job["name"]) if row else None


async def add_publication(transaction: Transaction, job: Row, *, data: int, licence: str | None) -> None:
    """Write the row of history and a delivery for each webhook that wants it; `licence` is JSON."""
    values = {"job": job["id"], "data": data, "license": licence}
    row = await transaction.first(_SQL["add_publication"], values)
    if row is None:
        return
    told = {"event": PUBLISHED, "source_name": job["source_name"], "layer": job["layer"]}
    body = json.dumps(event_body(job, row), ensure_ascii=False)
    await transaction.execute(_SQL["queue_deliveries"], {**told, "body": body})


def event_body(job: Row, publication: Row) -> dict[str, Any]:
    """Return what webhooks are sent; addresses are paths of the API."""
    result = publication["result"] or {}
    changes = result.get("changes")
    data = publication["data_id"]
    return {
        "event": PUBLISHED,
        "id": f"publication-{publication['id']}",
        "created_at": rfc3339(publication["published_at"]),
        "data": {
            "id": data,
            **{name: job[name] for name in ("source_name", "layer", "name")},
            **{name: publication[name] for name in ("job", "attempt", "run")},
            "count": result.get("count"),
            "bounds": result.get("bounds"),
            "changes": changes if isinstance(changes, dict) else None,
            "url": f"/api/data/{data}",
            "history": f"/api/data/{data}/history",
        },
    }


async def published_file(database: Database, *, job: int, attempt: int | None, file: str) -> Row | None:
    """Return what is known of a file that an attempt, or the latest one, published; None if it published nothing."""
    return await database.first(_SQL["published_file"], {"job": job, "attempt": attempt, "file": file})
