"""Sources as responses have them, in the shape of sources/schemas.py."""

from collections.abc import Sequence
from urllib.parse import quote

from oa_api.datasets.source_list import SourceEntryRow, SourceGroup
from oa_api.http.fields import optional_rfc3339, rfc3339
from oa_api.sources.rows import OriginRow, SourcePublicationRow, WithdrawnDatasetRow
from oa_api.ui.github_links import commit_url, file_url
from oa_shared.json_types import JsonObject


def serialize_source(group: SourceGroup, origin: OriginRow | None) -> JsonObject:
    """Return a source as an item of a list: its definition, its entries and what they have published."""
    return {
        "source_name": group.id,
        "page": f"/sources/{quote(group.id)}",
        "published": group.source.published,
        "failing": group.source.failing,
        "features": group.source.features,
        "updated_at": optional_rfc3339(group.source.updated_at),
        "failing_since": optional_rfc3339(group.failing_since),
        "definition": _serialize_origin(group.id, origin) if origin else None,
        "entries": [_serialize_entry(entry) for entry in group.entries],
    }


def serialize_source_details(
    group: SourceGroup,
    origin: OriginRow | None,
    publications: Sequence[SourcePublicationRow],
    withdrawn: Sequence[WithdrawnDatasetRow],
) -> JsonObject:
    """Return a source with its published versions, newest first, and with its retired and deleted datasets."""
    return {
        **serialize_source(group, origin),
        "publications": [_serialize_version(row) for row in publications],
        "withdrawn": [{"data": row.id, "layer": row.layer, "name": row.name, "state": row.state} for row in withdrawn],
    }


def _serialize_origin(source: str, origin: OriginRow) -> JsonObject:
    return {
        "job": origin.job,
        "text": f"/api/job/{origin.job}/raw",
        "url": origin.source_url,
        "file": file_url(origin.source_url or "", origin.github, source) or None,
        "commit": commit_url(origin.github) or None,
    }


def _serialize_entry(entry: SourceEntryRow) -> JsonObject:
    return {
        "layer": entry.layer,
        "name": entry.name,
        "state": entry.state,
        "failing_since": optional_rfc3339(entry.failing_since),
        "job": entry.job,
        "status": entry.status,
        "code": entry.error_code,
        "error": entry.error_message,
        "data": entry.data,
        "published_job": entry.published_job,
        "count": entry.features,
        "updated_at": optional_rfc3339(entry.updated_at),
        "checked_at": optional_rfc3339(entry.checked_at) if entry.data is not None else None,
        "history": f"/api/data/{entry.data}/history" if entry.data is not None else None,
    }


def _serialize_version(row: SourcePublicationRow) -> JsonObject:
    return {
        "id": row.id,
        "data": row.data,
        "layer": row.layer,
        "name": row.name,
        "job": row.job,
        "run": row.run,
        "published_at": rfc3339(row.published_at),
        "count": row.count,
        "commit": commit_url(row.github) or None,
    }
