"""Published data as pages: the list, one dataset with its history, and the map of everything."""

from typing import Any

from aiohttp import web

from oa_api.data import published
from oa_api.data.dataset import dataset_view, publication_view
from oa_api.data.feed import CHANGES
from oa_api.handlers.data import answer_places, dataset_of
from oa_api.pages import charts
from oa_api.pages.lists import asked_of, listing
from oa_api.pages.rendering import render
from oa_api.products.views import fabric_view
from oa_api.requests import query
from oa_api.schemas.data import DataFilter, HistoryFilter, Selection
from oa_api.services import DATABASE
from oa_api.store.patterns import beginning
from oa_api.store.queries import queries
from oa_shared.status import LAYERS

_PRODUCTS = queries("products")
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
    asked, database = await asked_of(request, DataFilter()), request.app[DATABASE]
    wanted = _searched(asked)
    rows = [dataset_view(row) for row in await published.datasets(database, wanted)]
    datasets = listing(request, asked, rows, await published.total(database, wanted))
    return render(request, "data/list.html", asked=asked, datasets=datasets)


async def show_dataset(request: web.Request) -> web.Response:
    """Return one dataset: files, licence, how full it is, its history."""
    row = await dataset_of(request)
    asked = {**await query(request, HistoryFilter()), "limit": _HISTORY}
    rows, total = await published.history(request.app[DATABASE], row["id"], asked)
    publications = [{**publication_view(found), "id": found["id"]} for found in rows]
    dataset = dataset_view(row)
    files = [{**file, "href": file["url"], "what": _WHAT.get(file["name"], "")} for file in dataset["files"]]
    addresses = {file["name"]: file["href"] for file in files}
    history = listing(request, asked, publications, total)
    return render(
        request,
        "data/dataset.html",
        data=dataset,
        files=files,
        addresses=addresses,
        history=history,
        chart=_chart(history.rows),
        changed=_changed(dataset["changes"]),
    )


async def show_map(request: web.Request) -> web.Response:
    """Return the map of everything, and the newest datasets as a list."""
    asked, database = await query(request, Selection()), request.app[DATABASE]
    newest = {**DataFilter().load({}), **_searched(asked), "sort": "updated_at", "limit": _LISTED}
    rows = [dataset_view(row) for row in await published.datasets(database, newest)]
    chosen = {name: asked[name] for name in ("source", "layer") if asked[name]}
    datasets = listing(request, newest, rows, await published.total(database, newest))
    places = request.rel_url.with_path("/map/places.json").with_query(chosen)
    shown: dict[str, Any] = {
        "asked": asked,
        "datasets": datasets,
        "places": str(places),
        "fabrics": await _fabrics(request, asked),
    }
    return render(request, "data/map.html", **shown)


async def get_places(request: web.Request) -> web.Response:
    """Return what the map of everything shows."""
    return await answer_places(request, _searched(await query(request, Selection())))


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
    return {**asked, "source": None, "source_like": beginning(source)} if source else asked


def _changed(changes: dict[str, Any] | None) -> list[tuple[str, int]]:
    """Return how much differs from the publication before; nothing where there was none."""
    if not changes or changes.get("previous") is False:
        return []
    return [(name, changes[name]) for name in CHANGES if name in changes]


def _chart(publications: list[dict[str, Any]]) -> charts.Chart:
    """Return the number of features over time, oldest first."""
    return charts.line([(found["published_at"][:10], found["count"] or 0) for found in reversed(publications)])
