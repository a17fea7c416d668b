"""Published data grouped by source, with the entries of live runs that have never published anything."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Self

from oa_api.datasets.queries import select_parameters
from oa_api.datasets.requests import SourceListFilter
from oa_api.db import counting
from oa_api.db.database import Database
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_shared.licenses import normalize_license

_SQL = load_queries("datasets.source_list")


@dataclass(frozen=True, slots=True)
class ListedSourceRow:
    """A source with the number of its entries: in all, published, and failing."""

    source_name: str
    entries: int
    published: int
    failing: int
    features: int
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class SourceEntryRow:
    """An entry of a source: the last job of a live run, and the published dataset if there is one."""

    source_name: str
    layer: str
    name: str
    job: int
    status: str
    error_code: str | None
    error_message: str | None
    failing_since: datetime | None
    ended_at: datetime | None
    data: int | None
    published_job: int | None
    updated_at: datetime | None
    checked_at: datetime | None
    features: int | None
    license: object

    @property
    def state(self) -> str:
        """Return the state as `/health` names it, without `stale`."""
        if self.data is None:
            return "never"
        return "failing" if self.failing_since else "healthy"


@dataclass(frozen=True, slots=True)
class RegionRow:
    """The sources of a region of a country; the region is empty for sources of the country itself."""

    country: str
    region: str
    sources: int

    @property
    def path(self) -> str:
        """Return the first parts of the names of its sources."""
        return f"{self.country}/{self.region}" if self.region else self.country


@dataclass(frozen=True, slots=True)
class SourceGroup:
    """A source and those of its entries that the filter selects; `id` is the cursor after it."""

    source: ListedSourceRow
    entries: list[SourceEntryRow]

    @property
    def id(self) -> str:
        """Return the cursor of the list after this source."""
        return self.source.source_name

    @classmethod
    def without_entries(cls, source: str) -> Self:
        """Return a source that no live run has had, or whose datasets are all retired."""
        return cls(ListedSourceRow(source, 0, 0, 0, 0, None), [])

    @property
    def newest_job(self) -> int:
        """Return the newest of the latest jobs of the entries; 0 without any."""
        return max((entry.job for entry in self.entries), default=0)

    @property
    def failing_since(self) -> datetime | None:
        """Return since when the entry fails that fails for longest; None if none fails."""
        return min((entry.failing_since for entry in self.entries if entry.failing_since), default=None)

    @property
    def license(self) -> str:
        """Return the licenses of the published datasets, each once; empty without any dataset."""
        licenses = [normalize_license(entry.license) for entry in self.entries if entry.data is not None]
        names = dict.fromkeys(
            (license_.text or license_.url if license_ else "") or "not stated" for license_ in licenses
        )
        return ", ".join(names)

    def label_of(self, entry: SourceEntryRow) -> str:
        """Return the layer of an entry, with its name where the source has several entries of the layer."""
        is_only = sum(other.layer == entry.layer for other in self.entries) == 1
        return entry.layer if is_only else f"{entry.layer} {entry.name}"


def source_parameters(source_filter: SourceListFilter) -> dict[str, object]:
    """Return the SQL parameters of a list of sources: one row more than `limit` shows whether a page follows."""
    return select_parameters(source_filter) | {
        "limit": source_filter.limit + 1,
        "offset": 0 if source_filter.cursor else source_filter.page * source_filter.limit,
        "count_limit": counting.COUNTED_ROWS + 1,
    }


async def list_sources(database: Database, source_filter: SourceListFilter) -> Page[SourceGroup]:
    """Return a page of sources with their entries, with the number of sources."""
    values = source_parameters(source_filter)
    order = "source" if source_filter.sort == "source" else "rank"
    rows = await database.all(_SQL[f"by_{order}"], values, into=ListedSourceRow)
    total = await counting.count_rows(database, _SQL["count"], values)
    page = Page.cut(rows, source_filter.limit, total)
    entries = await _list_entries(database, values, [row.source_name for row in page.rows])
    groups = [SourceGroup(row, entries.get(row.source_name, [])) for row in page.rows]
    return Page(groups, page.has_more, page.total)


async def list_regions(database: Database, source_filter: SourceListFilter) -> list[RegionRow]:
    """Return the number of sources by country and region, whatever the prefix of the filter."""
    everywhere = replace(source_filter, source=None, source_prefix=None)
    return await database.all(_SQL["regions"], source_parameters(everywhere), into=RegionRow)


async def _list_entries(
    database: Database, values: dict[str, object], sources: list[str]
) -> dict[str, list[SourceEntryRow]]:
    if not sources:
        return {}
    rows = await database.all(_SQL["entries"], {**values, "sources": sources}, into=SourceEntryRow)
    return {source: list(entries) for source, entries in groupby(rows, key=lambda row: row.source_name)}
