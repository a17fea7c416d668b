"""What the pages of products share: lists, files, and forms that are shown again with what is wrong in them."""

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from oa_api.db import counting
from oa_api.db.database import Row
from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ApiError
from oa_api.ui.lists import Listing, listing

_SQL = load_queries("products.queries")
_WHAT = {
    "collection.geojson.zip": "a file for each dataset, a feature a line",
    "collection.parquet.zip": "GeoParquet by country and layer",
    "collection.pmtiles": "vector tiles",
    "collection-deduplicated.geojson.zip": "the same, each address once",
    "collection-deduplicated.parquet.zip": "the same, each address once",
    "collection-deduplicated.pmtiles": "the same, each address once",
    "ATTRIBUTION.txt": "whom to name",
    "licenses.csv": "the terms of each dataset",
}


async def listed(
    request: web.Request, asked: dict[str, Any], name: str, *, view: Callable[[Row], Any], **more: Any
) -> Listing:
    """Return a page of a list, as GET /api/… shows it."""
    database = request.app[DATABASE]
    values = {**asked, **more, "limit": asked["limit"] + 1, "count_limit": counting.COUNTED_ROWS + 1}
    rows = [view(row) for row in await database.all(_SQL[name], values)]
    return listing(request, asked, rows, await counting.count_rows(database, _SQL[f"count_{name}"], values))


def linked(files: list[Row]) -> list[Row]:
    """Return files as the component of pages takes them."""
    return [{**file, "href": file["url"], "what": _WHAT.get(file["name"], "")} for file in files]


def reasons(error: ApiError | None) -> list[str]:
    """Return what is wrong with a form, a sentence for each field."""
    return list(_sentences(error.fields)) if error is not None else []


def _sentences(fields: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for name, said in fields.items():
        parts = said.values() if isinstance(said, Mapping) else [said]
        words = [str(word) for part in parts for word in (part if isinstance(part, list) else [part])]
        found.append(f"{name}: {' '.join(dict.fromkeys(words))}")
    return found
