"""Published data as pages: the list, one dataset with its history, and the map of everything."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from oa_api.datasets import queries
from oa_api.datasets.api import answer_places, dataset_of
from oa_api.datasets.feed import CHANGES
from oa_api.datasets.request_schemas import DataFilterSchema, HistoryFilterSchema, SelectionSchema
from oa_api.datasets.serializers import serialize_dataset, serialize_publication
from oa_api.db.like_patterns import starts_with_pattern
from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE
from oa_api.http.request_parsing import query
from oa_api.products.serializers import fabric_view
from oa_api.ui import charts
from oa_api.ui.lists import asked_of, listing
from oa_api.ui.rendering import render
from oa_shared.status import LAYERS

_PRODUCTS = load_queries("products.queries")
_HISTORY = 50
_LISTED = 50
_FABRIC_FILE = "fabric.pmtiles"
_WHAT = {
    "source.geojson.gz": "every feature, one a line",
    "validated.geojson.gz": "those that passed the checks",
    "source.parquet": "GeoParquet",
    "source.pmtiles": "for maps",
    "source.png": "a picture",
    "changes.jsonl.gz": "what differs from the one before",
    "cache.zip": "the data as it was downloaded",
    "profile.json": "the columns of the input",
    "manifest.json": "every file with its digest, all counts",
    "definition.json": "what the job was made of",
    "sample.json": "the first rows, before and after",
    "stats.json": "counts",
}


async def list_data(request: web.Request) -> web.Response:
    """Return a page of datasets; what is typed as the source is how its name begins."""
    asked, database = await asked_of(request, DataFilterSchema()), request.app[DATABASE]
    wanted = _searched(asked)
    rows = [serialize_dataset(row) for row in await queries.datasets(database, wanted)]
    datasets = listing(request, asked, rows, await queries.total(database, wanted))
    return render(request, "datasets/list.html", asked=asked, datasets=datasets)


async def show_dataset(request: web.Request) -> web.Response:
    """Return one dataset: files, licence, how full it is, its history."""
    row = await dataset_of(request)
    asked = {**await query(request, HistoryFilterSchema()), "limit": _HISTORY}
    rows, total = await queries.history(request.app[DATABASE], row["id"], asked)
    publications = [{**serialize_publication(found), "id": found["id"]} for found in rows]
    dataset = serialize_dataset(row)
    files = [{**file, "href": file["url"], "what": _WHAT.get(file["name"], "")} for file in dataset["files"]]
    addresses = {file["name"]: file["href"] for file in files}
    history = listing(request, asked, publications, total)
    return render(
        request,
        "datasets/dataset.html",
        data=dataset,
        files=files,
        addresses=addresses,
        history=history,
        chart=_chart(history.rows),
        changed=_changed(dataset["changes"]),
    )


async def show_map(request: web.Request) -> web.Response:
    """Return the map of everything, and the newest datasets as a list."""
    asked, database = await query(request, SelectionSchema()), request.app[DATABASE]
    newest = {**DataFilterSchema().load({}), **_searched(asked), "sort": "updated_at", "limit": _LISTED}
    rows = [serialize_dataset(row) for row in await queries.datasets(database, newest)]
    chosen = {name: asked[name] for name in ("source", "layer") if asked[name]}
    datasets = listing(request, newest, rows, await queries.total(database, newest))
    places = request.rel_url.with_path("/map/places.json").with_query(chosen)
    shown: dict[str, Any] = {
        "asked": asked,
        "datasets": datasets,
        "places": str(places),
        "fabrics": await _fabrics(request, asked),
    }
    return render(request, "datasets/map.html", **shown)


async def get_places(request: web.Request) -> web.Response:
    """Return what the map of everything shows."""
    return await answer_places(request, _searched(await query(request, SelectionSchema())))


async def _fabrics(request: web.Request, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the maps that are built, by layer; they are of everything, so not where a source is asked for."""
    if asked["source"]:
        return []
    layers = [asked["layer"]] if asked["layer"] else list(LAYERS)
    found = [fabric_view(row) for row in await request.app[DATABASE].all(_PRODUCTS["fabrics"], {"layers": layers})]
    urls = [
        (view["layer"], next((file["url"] for file in view["files"] if file["name"] == _FABRIC_FILE), None))
        for view in found
    ]
    return [{"layer": layer, "kind": "pmtiles", "url": url} for layer, url in urls if url]


def _searched(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the filter of the API for one of a page."""
    source = asked["source"]
    return {**asked, "source": None, "source_like": starts_with_pattern(source)} if source else asked


def _changed(changes: dict[str, Any] | None) -> list[tuple[str, int]]:
    """Return how much differs from the publication before; nothing where there was none."""
    if not changes or changes.get("previous") is False:
        return []
    return [(name, changes[name]) for name in CHANGES if name in changes]


def _chart(publications: Sequence[Any]) -> charts.Chart:
    """Return the number of features over time, oldest first."""
    return charts.line_chart([(found["published_at"][:10], found["count"] or 0) for found in reversed(publications)])
