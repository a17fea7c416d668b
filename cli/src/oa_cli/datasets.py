"""Published datasets: the answers of the API and their tables."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from rich.table import Table

from oa_cli.answers import PageAnswer
from oa_cli.output import list_title, moment, table

_LICENSE_WIDTH, _COMMIT_DIGITS = 40, 10


class LicenseAnswer(TypedDict):
    """What a source says about its license."""

    text: str | None
    url: str | None


class Fill(TypedDict):
    """How many features have a value in a field."""

    filled: int
    rate: float


class PublishedFile(TypedDict):
    """A published file; `latest` is the stable URL of its latest version."""

    name: str
    size_bytes: int | None
    sha256: str | None
    url: str | None
    latest: str


class LatestJob(TypedDict):
    """A newer job of a dataset that was not published."""

    id: int
    status: str
    error: str


class Origin(TypedDict):
    """The origin of the definition."""

    commit: str | None


class ListedDataset(TypedDict):
    """A published dataset in a list."""

    id: int
    source_name: str
    layer: str
    name: str
    job: int
    count: int | None
    updated_at: str
    license: LicenseAnswer | None
    latest_job: LatestJob | None


class Dataset(ListedDataset):
    """A published dataset with its files."""

    state: NotRequired[str]
    fields: dict[str, Fill]
    files: list[PublishedFile]


class DatasetPage(PageAnswer):
    """GET /api/data."""

    data: list[ListedDataset]


class PublicationEntry(TypedDict):
    """A publication of a dataset."""

    published_at: str
    job: int
    attempt: int
    count: int | None
    valid: int | None
    changes: Mapping[str, object] | None
    origin: Origin


class PublicationPage(PageAnswer):
    """GET /api/data/<dataset>/history."""

    publications: list[PublicationEntry]


def datasets_table(datasets: Sequence[ListedDataset], page: PageAnswer | None = None) -> Table:
    """Return datasets; `page` has the total of the list."""
    columns = ("dataset", "source", "layer", "name", "features", "published", "license", "newer job")
    rows = [
        [
            *(item["id"], item["source_name"], item["layer"], item["name"], f"{item['count'] or 0:,}"),
            moment(item["updated_at"]),
            _license(item["license"]),
            item["latest_job"]["status"] if item["latest_job"] else "",
        ]
        for item in datasets
    ]
    return table(list_title("dataset", len(rows), page), columns, rows)


def history_table(publications: Sequence[PublicationEntry], page: PageAnswer) -> Table:
    """Return the publications of a dataset; `page` has the total of the list."""
    columns = ("published", "job", "attempt", "features", "valid", "added", "removed", "commit")
    rows = [
        [
            *(moment(item["published_at"]), item["job"], item["attempt"]),
            f"{item['count'] or 0:,}",
            f"{item['valid'] or 0:,}",
            *((item["changes"] or {}).get(key) for key in ("added", "removed")),
            (item["origin"]["commit"] or "")[:_COMMIT_DIGITS],
        ]
        for item in publications
    ]
    return table(list_title("publication", len(rows), page), columns, rows)


def _license(license_: LicenseAnswer | None) -> str:
    return (license_["text"] or license_["url"] or "")[:_LICENSE_WIDTH] if license_ else ""
