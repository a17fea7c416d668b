"""Reading what is published: the same functions serve the API and the pages."""

from typing import Any

from oa_api.handlers import paging
from oa_api.schemas.data import Selection
from oa_api.store.database import Database, Row
from oa_api.store.patterns import beginning
from oa_api.store.queries import queries

_SQL = queries("data")
MAX_PLACES = 50_000
_FILTERS = (*Selection().fields, "source_like", "area", "other_area")


def selected(asked: dict[str, Any]) -> dict[str, Any]:
    """Return SQL parameters of a selection, whichever of its filters are given."""
    values = {**dict.fromkeys(_FILTERS), **asked}
    areas = [*_areas(values["bbox"], values["point"]), None, None]
    values |= {"area": areas[0], "other_area": areas[1]}
    source = values["source"]
    if source and source.endswith("/"):
        values |= {"source": None, "source_like": beginning(source)}
    return values


async def datasets(database: Database, asked: dict[str, Any]) -> list[Row]:
    """Return a page of datasets, and one more when there is a next page."""
    return await database.all(_SQL[f"by_{asked['sort']}"], paging.parameters(selected(asked)))


async def total(database: Database, asked: dict[str, Any]) -> paging.Total:
    """Count the datasets of a selection."""
    values = {**selected(asked), "count_limit": paging.COUNTED_ROWS + 1}
    return await paging.bounded(database, _SQL["count"], values)


async def dataset(database: Database, data: int) -> Row | None:
    """Return one dataset."""
    return await database.first(_SQL["one"], {"data": data})


async def history(database: Database, data: int, asked: dict[str, Any]) -> tuple[list[Row], paging.Total]:
    """Return the publications of a dataset, newest first, and how many there are in all."""
    values = {**paging.parameters(asked), "data": data}
    rows = await database.all(_SQL["history"], values)
    return rows, await paging.bounded(database, _SQL["count_history"], values)


async def latest_file(database: Database, *, source: str, layer: str, name: str, file: str) -> Row | None:
    """Return where a file of what is published now lies: `job`, `attempt`, `output`; None without such a dataset."""
    values = {"source": source, "layer": layer, "name": name, "file": file}
    return await database.first(_SQL["latest_file"], values)


async def published_file(database: Database, *, job: int, attempt: int | None, file: str) -> Row | None:
    """Return what is known of a file that an attempt, or the latest one, published; None if it published nothing."""
    return await database.first(_SQL["published_file"], {"job": job, "attempt": attempt, "file": file})


async def places(database: Database, asked: dict[str, Any]) -> Row:
    """Return where every dataset of a selection lies: `features` as text of GeoJSON, and the bounds of all."""
    return await database.first(_SQL["places"], {**selected(asked), "limit": MAX_PLACES}) or {"features": ""}


async def licences(database: Database) -> list[Row]:
    """Return the licences, as the sources state them, with how much is under each."""
    return await database.all(_SQL["licences"], selected({}))


async def credits_of(database: Database, asked: dict[str, Any]) -> list[Row]:
    """Return the datasets of a selection with their licences, which are JSON text."""
    return await database.all(_SQL["credits"], selected(asked))


async def news(database: Database, asked: dict[str, Any], *, limit: int) -> list[Row]:
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
