"""Reading what is published: the same functions serve the API and the pages."""

from typing import Any

from oa_api.datasets.request_schemas import SelectionSchema
from oa_api.db import counting
from oa_api.db.database import Database, Row
from oa_api.db.like_patterns import starts_with_pattern
from oa_api.db.query_files import load_queries
from oa_api.jobs import filters

_SQL = load_queries("datasets.queries")
MAX_PLACES = 50_000
_FILTERS = (*SelectionSchema().fields, "source_like", "area", "other_area")


def selected(asked: dict[str, Any]) -> dict[str, Any]:
    """Return SQL parameters of a selection, whichever of its filters are given."""
    values = {**dict.fromkeys(_FILTERS), **asked}
    areas = [*_areas(values["bbox"], values["point"]), None, None]
    values |= {"area": areas[0], "other_area": areas[1]}
    source = values["source"]
    if source and source.endswith("/"):
        values |= {"source": None, "source_like": starts_with_pattern(source)}
    return values


async def datasets(database: Database, asked: dict[str, Any]) -> list[Row]:
    """Return a page of datasets, and one more when there is a next page."""
    return await database.all(_SQL[f"by_{asked['sort']}"], filters.list_parameters(selected(asked)))


async def total(database: Database, asked: dict[str, Any]) -> counting.Total:
    """Count the datasets of a selection."""
    values = {**selected(asked), "count_limit": counting.COUNTED_ROWS + 1}
    return await counting.count_rows(database, _SQL["count"], values)


async def dataset(database: Database, data: int) -> Row | None:
    """Return one dataset."""
    return await database.first(_SQL["one"], {"data": data})


async def history(database: Database, data: int, asked: dict[str, Any]) -> tuple[list[Row], counting.Total]:
    """Return the publications of a dataset, newest first, and how many there are in all."""
    values = {**filters.list_parameters(asked), "data": data}
    rows = await database.all(_SQL["history"], values)
    return rows, await counting.count_rows(database, _SQL["count_history"], values)


async def latest_file(database: Database, *, source: str, layer: str, name: str, file: str) -> Row | None:
    """Return where a file of what is published now lies: `job`, `attempt`, `output`; None without such a dataset."""
    values = {"source": source, "layer": layer, "name": name, "file": file}
    return await database.first(_SQL["latest_file"], values)


async def extents(database: Database, asked: dict[str, Any]) -> Row:
    """Return where every dataset of a selection lies: `features` as text of GeoJSON, and the bounds of all."""
    return await database.first(_SQL["places"], {**selected(asked), "limit": MAX_PLACES}) or {"features": ""}


async def licences(database: Database) -> list[Row]:
    """Return the licences, as the sources state them, with how much is under each."""
    return await database.all(_SQL["licences"], selected({}))


async def attributions(database: Database, asked: dict[str, Any]) -> list[Row]:
    """Return the datasets of a selection with their licences, which are JSON text."""
    return await database.all(_SQL["credits"], selected(asked))


async def recent_publications(database: Database, asked: dict[str, Any], *, limit: int) -> list[Row]:
    """Return the newest publications, and one more when there are older ones."""
    return await database.all(_SQL["feed"], {**selected(asked), "cursor": asked["cursor"], "limit": limit + 1})


def _areas(bbox: list[float] | None, point: list[float] | None) -> list[str]:
    """Return a place as boxes of Postgres; two when it lies across the date line."""
    if point is not None:
        return [_box(*point, *point)]
    if bbox is None:
        return []
    west, south, east, north = bbox
    if west <= east:
        return [_box(*bbox)]
    return [_box(west, south, 180, north), _box(-180, south, east, north)]


def _box(west: float, south: float, east: float, north: float) -> str:
    return f"(({west},{south}),({east},{north}))"
