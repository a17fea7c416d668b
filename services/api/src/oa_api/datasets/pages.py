"""The pages of published data: the list and the map."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlencode

from aiohttp import web

from oa_api.datasets import queries
from oa_api.datasets.extents_api import send_extents
from oa_api.datasets.facets import make_facets
from oa_api.datasets.request_schemas import (
    DatasetFilterSchema,
    DatasetSelectionSchema,
    FeedFilterSchema,
    SourceListFilterSchema,
)
from oa_api.datasets.requests import DatasetFilter, DatasetSelection
from oa_api.datasets.rows import DatasetRow
from oa_api.datasets.serializers import summarize_dataset
from oa_api.datasets.source_list import list_regions, list_sources
from oa_api.db.database import Database
from oa_api.db.pages import Page
from oa_api.http.app_keys import DATABASE
from oa_api.http.request_parsing import read_query
from oa_api.products.queries import list_fabric_layers
from oa_api.ui.lists import list_filter, make_listing
from oa_api.ui.rendering import render
from oa_shared.json_types import JsonObject
from oa_shared.status import LAYERS

_DATASETS_BELOW_MAP = 50
_COLUMNS = {"source": "Source", "count": "Features", "updated_at": "Published"}
_POSITION = frozenset({"cursor", "page", "limit"})
_Selection = TypeVar("_Selection", bound=DatasetSelection)


async def list_data(request: web.Request) -> web.Response:
    """Show a page of sources with their datasets; the source of the filter is a prefix."""
    source_filter = await list_filter(request, SourceListFilterSchema())
    selection, database = _by_prefix(source_filter), request.app[DATABASE]
    page = await list_sources(database, selection)
    return render(
        request,
        "datasets/list.html",
        source_filter=source_filter,
        sources=make_listing(request, source_filter, page),
        facets=make_facets(await list_regions(database, selection), source_filter.source, request.rel_url),
        columns=_sortable_columns(request, source_filter.sort),
        area=_area_of(request),
        urls=_other_forms(request),
    )


async def show_map(request: web.Request) -> web.Response:
    """Show the map of all data, and the most recently published datasets as a list."""
    selection, database = await read_query(request, DatasetSelectionSchema()), request.app[DATABASE]
    recent = DatasetFilter(**vars(_by_prefix(selection)), limit=_DATASETS_BELOW_MAP, sort="updated_at")
    page = await queries.list_datasets(database, recent)
    values = _query_values(request, DatasetSelectionSchema().fields)
    return render(
        request,
        "datasets/map.html",
        dataset_filter=selection,
        datasets=make_listing(request, recent, _serialize_page(page)),
        extents_url=str(request.rel_url.with_path("/map/places.json").with_query(values)),
        fabrics=await _fabric_layers(database, selection),
        area=_area_of(request),
        list_query=urlencode(values, safe=",/"),
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


def _sortable_columns(request: web.Request, sort: str) -> list[tuple[str, str, bool]]:
    """Return the label, the URL and whether it is the order, for each column by which the list can be sorted."""
    url = request.rel_url.without_query_params("cursor", "page")
    return [(label, str(url.update_query(sort=name)), name == sort) for name, label in _COLUMNS.items()]


def _area_of(request: web.Request) -> tuple[str, str, str] | None:
    """Return the parameter, the value and the URL without it, for a list that is reduced to an area."""
    for name in ("point", "bbox"):
        if value := request.query.get(name):
            return name, value, str(request.rel_url.without_query_params(name, "cursor", "page"))
    return None


def _other_forms(request: web.Request) -> dict[str, str]:
    """Return the URLs of the same selection as a feed, as JSON, as attribution text and on the map.

    A selection by state is a list of entries, which only JSON has; an empty text for the others.
    """
    forms = {
        "feed": ("/data/feed.atom", FeedFilterSchema()),
        "json": ("/api/data", DatasetFilterSchema()),
        "attribution": ("/api/attribution", DatasetSelectionSchema()),
        "map": ("/map", DatasetSelectionSchema()),
    }
    if request.query.get("state"):
        forms = {"json": ("/api/sources", SourceListFilterSchema())}
    place = {"source": f"{source.rstrip('/')}/"} if (source := request.query.get("source")) else {}
    return dict.fromkeys(("feed", "attribution", "map"), "") | {
        form: str(request.rel_url.with_path(path).with_query(_query_values(request, schema.fields) | place))
        for form, (path, schema) in forms.items()
    }


def _query_values(request: web.Request, names: Iterable[str]) -> dict[str, str]:
    return {name: value for name in names if name not in _POSITION and (value := request.query.get(name))}


def _serialize_page(page: Page[DatasetRow]) -> Page[JsonObject]:
    return Page([summarize_dataset(row) for row in page.rows], page.has_more, page.total)


def _by_prefix(selection: _Selection) -> _Selection:
    """Return the selection with its source as a prefix, as the filters of pages have it."""
    return replace(selection, source=None, source_prefix=selection.source) if selection.source else selection
