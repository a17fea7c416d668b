"""Reads published data, for the API and the pages."""

from collections.abc import AsyncIterator

from oa_api.datasets.requests import DatasetFilter, DatasetSelection, FeedFilter
from oa_api.datasets.rows import (
    AttributionRow,
    DatasetRow,
    ExtentRow,
    ExtentsPart,
    FeedRow,
    FeedWithdrawalRow,
    HistoryRow,
    LatestFileRow,
    LicenseCountRow,
    SitemapRow,
    WithdrawalRow,
)
from oa_api.db import counting
from oa_api.db.database import Database
from oa_api.db.like_patterns import starts_with_pattern
from oa_api.db.name_patterns import similar_pattern
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.http.errors import GoneError, NotFoundError
from oa_api.http.schemas import ALL_FIELDS, CursorSlice
from oa_api.jobs.filters import window_parameters

_SQL = load_queries("datasets.queries")
_ANTIMERIDIAN = 180
MAX_EXTENTS = 50_000
EXTENTS_OF_A_PART = 2_500
_SHOWN_LENGTH = 200
_PUBLISHED = "published"
_WITHDRAWN = {
    "retired": "the dataset is retired: it is not updated, and its files stay at their permanent URLs",
    "deleted": "the dataset is deleted with its files",
    "reopened": "the files of the dataset are deleted: the next result is published at this URL",
}
MAX_STEPS = 200


def select_parameters(selection: DatasetSelection) -> dict[str, object]:
    """Return the SQL parameters that select datasets."""
    return as_parameters(selection) | _place_parameters(selection, selection.source_prefix)


def list_parameters(dataset_filter: DatasetFilter) -> dict[str, object]:
    """Return the SQL parameters of a list of datasets."""
    return select_parameters(dataset_filter) | window_parameters(dataset_filter)


async def list_datasets(database: Database, dataset_filter: DatasetFilter) -> Page[DatasetRow]:
    """Return a page of datasets, with the total."""
    values = list_parameters(dataset_filter)
    total = await counting.count_rows(database, _SQL["count"], values)
    rows = await database.all(_SQL[f"by_{dataset_filter.sort}"], values, into=DatasetRow)
    return Page.cut(rows, dataset_filter.limit, total)


async def recent_datasets(database: Database, limit: int) -> list[DatasetRow]:
    """Return the most recently published datasets."""
    values = list_parameters(DatasetFilter(limit=limit, sort="updated_at")) | {"limit": limit}
    return await database.all(_SQL["by_updated_at"], values, into=DatasetRow)


async def list_newest(database: Database, *, limit: int) -> list[SitemapRow]:
    """Return the datasets that were published last, newest first."""
    return await database.all(_SQL["newest"], {"limit": limit}, into=SitemapRow)


async def get_dataset(database: Database, data: int) -> DatasetRow:
    """Return one dataset. Raises NotFoundError."""
    dataset = await database.first(_SQL["one"], {"data": data, "fields": ALL_FIELDS}, into=DatasetRow)
    if dataset is None:
        raise NotFoundError(f"dataset {data} does not exist")
    return dataset


async def list_history(database: Database, data: int, window: CursorSlice) -> Page[HistoryRow]:
    """Return a page of the publications of a dataset, newest first, with the total."""
    values = {**window_parameters(window), "data": data}
    rows = await database.all(_SQL["history"], values, into=HistoryRow)
    return Page.cut(rows, window.limit, await counting.count_rows(database, _SQL["count_history"], values))


async def get_publication(database: Database, data: int, publication: int) -> HistoryRow:
    """Return a publication of a dataset. Raises NotFoundError."""
    values = {"data": data, "publication": publication}
    row = await database.first(_SQL["publication"], values, into=HistoryRow)
    if row is None:
        raise NotFoundError(f"dataset {data} has no version {publication}")
    return row


async def find_version_before(database: Database, data: int, *, days: int) -> int | None:
    """Return the publication of a dataset that was current some days ago, its first one if it is younger."""
    return await database.first(_SQL["version_before"], {"data": data, "days": days}, into=int)


async def list_between(database: Database, data: int, *, after: int, last: int) -> list[HistoryRow]:
    """Return the publications of a dataset after one and up to another, newest first, at most `MAX_STEPS`."""
    values = {"data": data, "after": after, "last": last, "limit": MAX_STEPS}
    return await database.all(_SQL["between"], values, into=HistoryRow)


async def find_withdrawal(database: Database, data: int) -> WithdrawalRow | None:
    """Return the latest change of the state of a dataset by an admin."""
    return await database.first(_SQL["withdrawal"], {"data": data}, into=WithdrawalRow)


async def get_latest_file(database: Database, *, source: str, layer: str, name: str, file: str) -> LatestFileRow:
    """Return the published attempt of a dataset and its file. Raises NotFoundError, GoneError."""
    values = {"source": source, "layer": layer, "name": name, "file": file}
    row = await database.first(_SQL["latest_file"], values, into=LatestFileRow)
    if row is None:
        dataset = " ".join(part[:_SHOWN_LENGTH] for part in (source, layer, name))
        raise NotFoundError(f"dataset {dataset!r} does not exist")
    if row.state != _PUBLISHED:
        raise GoneError(f"{_WITHDRAWN[row.state]}; /data/{row.id} has the reason and the time")
    return row


async def get_version(database: Database) -> str:
    """Return a text that changes after each change of published data, and of jobs that are not published."""
    version = await database.first(_SQL["version"], into=str)
    if version is None:
        raise RuntimeError("the version of the data is a row in any case")
    return version


async def get_bounds(database: Database, selection: DatasetSelection) -> ExtentRow:
    """Return the extent of all selected datasets."""
    (bounds,) = await database.all(_SQL["bounds"], select_parameters(selection), into=ExtentRow)
    return bounds


async def read_extents(database: Database, selection: DatasetSelection) -> AsyncIterator[str]:
    """Yield the extents of the selected datasets as GeoJSON features, at most `MAX_EXTENTS`, some in each text.

    Each part is a separate query, so that a client that reads slowly holds no connection.
    """
    values = {**select_parameters(selection), "after_size": None, "after_id": None, "limit": EXTENTS_OF_A_PART}
    for _ in range(MAX_EXTENTS // EXTENTS_OF_A_PART):
        (part,) = await database.all(_SQL["extents"], values, into=ExtentsPart)
        if part.features:
            yield part.features
        if part.datasets < EXTENTS_OF_A_PART:
            return
        values |= {"after_size": part.last_size, "after_id": part.last_id}


async def count_by_license(database: Database) -> list[LicenseCountRow]:
    """Return every stated license with the number of datasets and features."""
    return await database.all(_SQL["licenses"], select_parameters(DatasetSelection()), into=LicenseCountRow)


async def list_attributions(database: Database, selection: DatasetSelection) -> list[AttributionRow]:
    """Return the selected datasets with their licenses, by name."""
    return await database.all(_SQL["attributions"], select_parameters(selection), into=AttributionRow)


async def recent_publications(database: Database, feed_filter: FeedFilter, *, limit: int) -> Page[FeedRow]:
    """Return a page of publications, newest first."""
    values = as_parameters(feed_filter) | _place_parameters(feed_filter) | {"limit": limit + 1}
    return Page.cut(await database.all(_SQL["recent_publications"], values, into=FeedRow), limit)


async def recent_withdrawals(
    database: Database, feed_filter: FeedFilter, publications: Page[FeedRow], *, limit: int
) -> list[FeedWithdrawalRow]:
    """Return the changes of states that belong on a page of publications, newest first."""
    first = publications.rows[-1].id if publications.has_more else 0
    values = as_parameters(feed_filter) | _place_parameters(feed_filter) | {"limit": limit, "first": first}
    return await database.all(_SQL["recent_withdrawals"], values, into=FeedWithdrawalRow)


def _place_parameters(selection: DatasetSelection | FeedFilter, prefix: str | None = None) -> dict[str, str | None]:
    """Return the SQL parameters of the source, the text that its name contains, and the area."""
    source, text = selection.source, selection.q
    if source is not None and source.endswith("/"):
        source, prefix = None, source
    boxes: list[str | None] = [*_boxes(selection.bbox, selection.point), None, None]
    return {
        "source": source,
        "source_like": None if prefix is None else starts_with_pattern(prefix),
        "contains": similar_pattern(text.strip()) if text else None,
        "area": boxes[0],
        "other_area": boxes[1],
    }


def _boxes(bbox: list[float] | None, point: list[float] | None) -> list[str]:
    """Return the boxes of Postgres for a bbox or a point: two for a bbox across the antimeridian, or a point on it."""
    if point is not None:
        lon, lat = point
        return [
            _box(each, lat, each, lat)
            for each in ((-_ANTIMERIDIAN, _ANTIMERIDIAN) if abs(lon) == _ANTIMERIDIAN else (lon,))
        ]
    if bbox is None:
        return []
    west, south, east, north = bbox
    if west <= east:
        return [_box(*bbox)]
    return [_box(west, south, _ANTIMERIDIAN, north), _box(-_ANTIMERIDIAN, south, east, north)]


def _box(west: float, south: float, east: float, north: float) -> str:
    return f"(({west},{south}),({east},{north}))"
