"""The countries and regions to which a list of sources can be reduced, with the number of sources of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from yarl import URL

from oa_api.datasets.places import place_name
from oa_api.datasets.source_list import RegionRow

# Parameters that name a part of the list, which has other rows after a change of the filter.
_POSITION = ("cursor", "page")


@dataclass(frozen=True, slots=True)
class Facet:
    """A country or region: its path (`us/ca`), its name or an empty text, its sources, and the URL that selects it."""

    path: str
    name: str
    sources: int
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facets:
    """The countries, and the regions of the chosen country; `everywhere` is the URL without a choice, or None."""

    countries: list[Facet]
    regions: list[Facet]
    everywhere: str | None

    @property
    def chosen(self) -> Facet | None:
        """Return the chosen country."""
        return next((facet for facet in self.countries if facet.is_chosen), None)


def make_facets(rows: Sequence[RegionRow], prefix: str | None, url: URL) -> Facets:
    """Return the facets of a list at `url` whose sources start with `prefix`; both have links that change only that."""
    chosen = (prefix or "").strip("/").split("/")
    url = url.without_query_params(*_POSITION)

    def facet(path: str, sources: int) -> Facet:
        href = str(url.update_query(source=f"{path}/"))
        return Facet(path, place_name(path), sources, href, is_chosen=path.split("/") == chosen[: path.count("/") + 1])

    by_country: dict[str, int] = {}
    for row in rows:
        by_country[row.country] = by_country.get(row.country, 0) + row.sources
    regions = [row for row in rows if row.country == chosen[0] and row.region]
    return Facets(
        countries=[facet(country, sources) for country, sources in by_country.items()],
        regions=[facet(row.path, row.sources) for row in regions],
        everywhere=str(url.without_query_params("source")) if prefix else None,
    )
