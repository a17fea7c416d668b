"""The record of a publication: its row in the history of the dataset, and the webhook deliveries that announce it."""

import json
from dataclasses import dataclass
from datetime import datetime

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.fields import rfc3339
from oa_api.jobs.rows import LockedJob
from oa_shared.json_types import JsonObject

PUBLISHED = "data.published"
_SQL = load_queries("jobs.publishing")


@dataclass(frozen=True, slots=True)
class PublicationRow:
    """A publication: the result of an attempt that became a dataset's data."""

    id: int
    data_id: int
    job: int
    attempt: int
    run: int
    published_at: datetime
    result: JsonObject | None


async def record_publication(
    transaction: Transaction, job: LockedJob, *, dataset: int, license_json: str | None
) -> None:
    """Write the row of history, the event of the job, and a delivery for each webhook that subscribes to it."""
    values = {"job": job.id, "data": dataset, "license": license_json}
    publication = await transaction.first(_SQL["add_publication"], values, into=PublicationRow)
    if publication is None:
        return
    body = json.dumps(webhook_body(job, publication), ensure_ascii=False)
    event = {"event": PUBLISHED, "source_name": job.source_name, "layer": job.layer}
    await transaction.execute(_SQL["queue_deliveries"], {**event, "body": body})


def webhook_body(job: LockedJob, publication: PublicationRow) -> JsonObject:
    """Return the body of the webhook delivery; its URLs are paths of the API, to which the sender adds the site.

    `event` and `created_at` repeat `type` and `timestamp` of Standard Webhooks, for older receivers.
    """
    result = publication.result or {}
    changes = result.get("changes")
    dataset = publication.data_id
    return {
        "type": PUBLISHED,
        "timestamp": rfc3339(publication.published_at),
        "event": PUBLISHED,
        "id": f"publication-{publication.id}",
        "created_at": rfc3339(publication.published_at),
        "data": {
            "id": dataset,
            "source_name": job.source_name,
            "layer": job.layer,
            "name": job.name,
            "job": publication.job,
            "attempt": publication.attempt,
            "run": publication.run,
            "count": result.get("count"),
            "bounds": result.get("bounds"),
            "changes": changes if isinstance(changes, dict) else None,
            "url": f"/api/data/{dataset}",
            "history": f"/api/data/{dataset}/history",
        },
    }
