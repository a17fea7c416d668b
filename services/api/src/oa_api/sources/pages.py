"""The pages of sources: the tree of their names, and one source with everything that is known of it."""

import asyncio
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from aiohttp import web

from oa_api.datasets.places import place_name
from oa_api.datasets.requests import SourceListFilter
from oa_api.datasets.source_list import SourceEntryRow, list_sources
from oa_api.db.database import Database
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import NotFoundError
from oa_api.jobs.queries import list_jobs
from oa_api.jobs.requests import JobFilter
from oa_api.sources import queries
from oa_api.sources.definition_links import read_links
from oa_api.ui.rendering import render

_JOBS, _PUBLICATIONS, _TILED = 20, 20, 4
_SHOWN_LENGTH = 80


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """A source in numbers: entries, published ones, features, and since when its longest failing entry fails."""

    entries: list[SourceEntryRow]

    @property
    def published(self) -> int:
        """Return the number of published entries."""
        return sum(entry.data is not None for entry in self.entries)

    @property
    def features(self) -> int:
        """Return the number of published features."""
        return sum(entry.features or 0 for entry in self.entries)

    @property
    def failing(self) -> list[SourceEntryRow]:
        """Return the failing entries, the one that fails for longest first."""
        failing = [(entry.failing_since, entry) for entry in self.entries if entry.failing_since]
        return [entry for _, entry in sorted(failing, key=lambda pair: pair[0])]


async def list_tree(request: web.Request) -> web.Response:
    """Show the first parts of the names of sources, which are countries."""
    return await _show_prefix(request, "")


async def show_source(request: web.Request) -> web.Response:
    """Show a source, or the sources below a prefix of names. Raises NotFoundError for a name that is neither."""
    path = request.match_info["source"]
    name, database = path.rstrip("/"), request.app[DATABASE]
    existence = await queries.get_existence(database, name)
    if existence.is_source and not (path.endswith("/") and existence.is_prefix):
        return await _show_source(request, name, has_below=existence.is_prefix)
    if not existence.is_prefix:
        raise NotFoundError(f"source {name[:_SHOWN_LENGTH]!r} does not exist: /sources lists those of live runs")
    return await _show_prefix(request, name)


async def _show_prefix(request: web.Request, path: str) -> web.Response:
    steps = await queries.list_steps(request.app[DATABASE], f"{path}/" if path else "")
    names = {step.step: place_name(f"{path}/{step.step}") for step in steps}
    return render(request, "sources/tree.html", path=path, place=place_name(path), steps=steps, names=names)


async def _show_source(request: web.Request, name: str, *, has_below: bool) -> web.Response:
    database = request.app[DATABASE]
    groups = (await list_sources(database, SourceListFilter(source=name, limit=1))).rows
    definition = await queries.get_definition(database, name)
    return render(
        request,
        "sources/source.html",
        name=name,
        has_below=has_below,
        place=place_name(name.rpartition("/")[0]),
        summary=SourceSummary(groups[0].entries if groups else []),
        definition=definition,
        links=await asyncio.to_thread(read_links, definition, name) if definition else None,
        jobs=await list_jobs(database, JobFilter(source=name, limit=_JOBS)),
        publications=await queries.list_publications(database, name, limit=_PUBLICATIONS),
        withdrawn=await queries.list_withdrawn(database, name),
        map_layers=await _map_layers(database, name),
    )


async def _map_layers(database: Database, name: str) -> list[dict[str, object]]:
    """Return the layers of the map: the features of up to four datasets, and the extents of all of them."""
    tiled = await queries.list_tiled(database, name, limit=_TILED)
    tiles: list[dict[str, object]] = [
        {
            "kind": "pmtiles",
            "layer": row.layer,
            "url": f"/latest/{quote(name)}/{row.layer}/{quote(row.name, safe='')}/source.pmtiles",
        }
        for row in tiled
    ]
    extents = f"/api/data/places?{urlencode({'source': name})}"
    return [*tiles, {"kind": "geojson", "url": extents, "page": "/data/", "radius": 5}]
