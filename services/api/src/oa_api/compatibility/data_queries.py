"""Reads published data as version 1 shows it: datasets with their places, their history, exports, licenses."""

from dataclasses import replace

from oa_api.compatibility.queries import MOST_ROWS, source_pattern, window_v1
from oa_api.compatibility.requests import DataListV1, ExportListV1
from oa_api.compatibility.rows import DatasetV1Row, LicensedSourceRow, PlaceRow
from oa_api.compatibility.statuses import own_statuses
from oa_api.db.counting import count_rows
from oa_api.db.database import Database
from oa_api.db.like_patterns import starts_with_pattern
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.http.errors import NotFoundError
from oa_api.jobs.rows import JobRow
from oa_api.products.rows import ExportRow

_SQL = load_queries("compatibility.queries")
_MOST_DATASETS = 50_000
# How far a dataset may be from a point, in degrees.
_NEAR = 1.0


async def list_datasets(database: Database, data_list: DataListV1) -> list[DatasetV1Row]:
    """Return all selected datasets by name, with `failing` also those that were never published."""
    values = {
        "source": source_pattern(data_list.source),
        "layers": data_list.layers,
        "name": None if data_list.name is None else starts_with_pattern(data_list.name),
        "before": data_list.before,
        "after": data_list.after,
        "area": _area_around(data_list.point),
        "validated": data_list.validated,
        "map": data_list.map,
        "limit": _MOST_DATASETS,
    }
    datasets = await database.all(_SQL["datasets"], values, into=DatasetV1Row)
    is_placed = any(value is not None for value in (data_list.before, data_list.after, data_list.point, data_list.map))
    if not data_list.failing or is_placed or data_list.validated:
        return datasets
    unpublished = await database.all(_SQL["unpublished_datasets"], values, into=DatasetV1Row)
    return sorted([*datasets, *unpublished], key=lambda dataset: (dataset.source_name, dataset.layer, dataset.name))


async def list_history(database: Database, data: int, status: str) -> list[JobRow]:
    """Return the jobs of live runs for a dataset, newest first: with one status, or `all`."""
    statuses = None if status == "all" else own_statuses([status])
    values = {"data": data, "status": statuses, "limit": MOST_ROWS}
    return await database.all(_SQL["history"], values, into=JobRow)


async def find_place(database: Database, source_name: str) -> int | None:
    """Return the ID of the place of a source, if it has data."""
    return await database.first(_SQL["place_of_source"], {"source_name": source_name}, into=int)


async def list_places(database: Database) -> list[PlaceRow]:
    """Return the extent of the data of each source."""
    return await database.all(_SQL["places"], {"limit": _MOST_DATASETS}, into=PlaceRow)


async def get_place(database: Database, place: int) -> PlaceRow:
    """Return the place with an ID, which may be that of any dataset of the source. Raises NotFoundError."""
    row = await database.first(_SQL["place"], {"map": place}, into=PlaceRow)
    if row is None:
        raise NotFoundError(f"place {place} does not exist")
    return row


async def list_exports(database: Database, export_list: ExportListV1) -> Page[ExportRow]:
    """Return a page of exports, newest first, with their total."""
    filters = {name: getattr(export_list, name) for name in ("status", "before", "after")}
    values = {**window_v1(replace(export_list, cursor=None)), **filters}
    rows = await database.all(_SQL["exports"], values, into=ExportRow)
    return Page.cut(rows, export_list.limit, await count_rows(database, _SQL["count_exports"], values))


async def list_licensed_sources(database: Database) -> list[LicensedSourceRow]:
    """Return each source of published data with each of its licenses."""
    return await database.all(_SQL["licensed_sources"], into=LicensedSourceRow)


def _area_around(point: list[float] | None) -> str | None:
    if point is None:
        return None
    longitude, latitude = point
    return f"(({longitude - _NEAR},{latitude - _NEAR}),({longitude + _NEAR},{latitude + _NEAR}))"
