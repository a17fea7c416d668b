"""The pages of published data: the list, one dataset with its history, and the map."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from typing import TypeVar

from aiohttp import web

from oa_api.datasets import queries
from oa_api.datasets.extents_api import send_extents
from oa_api.datasets.feed import CHANGES
from oa_api.datasets.request_schemas import DatasetFilterSchema, DatasetSelectionSchema, HistoryFilterSchema
from oa_api.datasets.requests import DatasetFilter, DatasetSelection
from oa_api.datasets.rows import DatasetRow, HistoryRow
from oa_api.datasets.serializers import (
    changes_of,
    serialize_dataset,
    serialize_files,
    serialize_publication,
    summarize_dataset,
)
from oa_api.db.database import Database
from oa_api.db.pages import Page
from oa_api.http.app_keys import DATABASE
from oa_api.http.request_parsing import path_id, read_query
from oa_api.jobs.output_files import FILE_DESCRIPTIONS
from oa_api.products.queries import list_fabric_layers
from oa_api.ui import charts
from oa_api.ui.lists import list_filter, make_listing
from oa_api.ui.rendering import render
from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.licenses import credit_of, normalize_license
from oa_shared.status import LAYERS

_HISTORY = 50
_DATASETS_BELOW_MAP = 50
_Selection = TypeVar("_Selection", bound=DatasetSelection)


async def list_data(request: web.Request) -> web.Response:
    """Show a page of datasets; the source of the filter is a prefix."""
    dataset_filter = await list_filter(request, DatasetFilterSchema())
    page = await queries.list_datasets(request.app[DATABASE], _by_prefix(dataset_filter))
    datasets = make_listing(request, dataset_filter, _serialize_page(page))
    return render(request, "datasets/list.html", dataset_filter=dataset_filter, datasets=datasets)


async def show_dataset(request: web.Request) -> web.Response:
    """Show a dataset: files, extent, attribute coverage, license and history."""
    database = request.app[DATABASE]
    dataset = await queries.get_dataset(database, path_id(request, "data"))
    window = replace(await read_query(request, HistoryFilterSchema()), limit=_HISTORY)
    page = await queries.list_history(database, dataset.id, window)
    files = serialize_files(dataset.result, job=dataset.job, attempt=dataset.attempt, is_kept=True)
    publications = Page([serialize_publication(row) for row in page.rows], page.has_more, page.total)
    return render(
        request,
        "datasets/dataset.html",
        data=serialize_dataset(dataset),
        credit=credit_of(normalize_license(dataset.license), dataset.source_name),
        files=[{**file, "href": file["url"], "what": FILE_DESCRIPTIONS.get(str(file["name"]), "")} for file in files],
        urls={file["name"]: file["url"] for file in files},
        history=make_listing(request, window, publications),
        chart=_chart(page.rows),
        changes=_change_counts(dataset.result),
    )


async def show_map(request: web.Request) -> web.Response:
    """Show the map of all data, and the most recently published datasets as a list."""
    selection, database = await read_query(request, DatasetSelectionSchema()), request.app[DATABASE]
    recent = DatasetFilter(**vars(_by_prefix(selection)), limit=_DATASETS_BELOW_MAP, sort="updated_at")
    page = await queries.list_datasets(database, recent)
    given = {name: value for name in ("source", "layer") if (value := getattr(selection, name))}
    return render(
        request,
        "datasets/map.html",
        dataset_filter=selection,
        datasets=make_listing(request, recent, _serialize_page(page)),
        extents_url=str(request.rel_url.with_path("/map/places.json").with_query(given)),
        fabrics=await _fabric_layers(database, selection),
    )


async def get_extents(request: web.Request) -> web.StreamResponse:
    """Send the extents that the map shows."""
    return await send_extents(request, _by_prefix(await read_query(request, DatasetSelectionSchema())))


async def _fabric_layers(database: Database, selection: DatasetSelection) -> list[dict[str, str | bool]]:
    """Return the layers of the fabric for the map; none for a filter by source, since tiles have all sources."""
    if selection.source:
        return []
    layers = [selection.layer] if selection.layer else list(LAYERS)
    fabric = await list_fabric_layers(database, layers)
    return [
        {"layer": item.layer, "kind": "pmtiles", "url": item.tiles_url, "is_fabric": True}
        for item in fabric
        if item.tiles_url
    ]


def _serialize_page(page: Page[DatasetRow]) -> Page[JsonObject]:
    return Page([summarize_dataset(row) for row in page.rows], page.has_more, page.total)


def _by_prefix(selection: _Selection) -> _Selection:
    """Return the selection with its source as a prefix, as the filters of pages have it."""
    return replace(selection, source=None, source_prefix=selection.source) if selection.source else selection


def _change_counts(result: JsonMapping | None) -> list[tuple[str, object]]:
    """Return the counts of changes since the previous publication; nothing for the first one."""
    changes = changes_of(result) or {}
    return [] if changes.get("previous") is False else [(name, changes[name]) for name in CHANGES if name in changes]


def _chart(publications: Sequence[HistoryRow]) -> charts.Chart:
    """Return the number of features over time, oldest first."""
    points = []
    for row in reversed(publications):
        count = (row.result or {}).get("count")
        points.append((f"{row.published_at.astimezone(UTC):%Y-%m-%d}", count if isinstance(count, int) else 0))
    return charts.line_chart(points)
