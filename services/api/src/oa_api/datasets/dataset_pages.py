"""The page of a dataset, the comparison of two of its versions, and the forms on them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from urllib.parse import quote

from aiohttp import web

from oa_api.datasets import queries
from oa_api.datasets.comparison import VersionComparison, compare_versions, fill_rates
from oa_api.datasets.conversion_requests import read_conversions, request_conversion
from oa_api.datasets.downloads import converted_files, describe_files, list_commands, list_downloads
from oa_api.datasets.quality import describe_quality
from oa_api.datasets.request_schemas import (
    HistoryFilterSchema,
    NewConversionSchema,
    StateChangeSchema,
    VersionChoiceSchema,
)
from oa_api.datasets.rows import DatasetRow, HistoryRow
from oa_api.datasets.serializers import serialize_dataset, serialize_publication
from oa_api.datasets.withdrawals import DatasetAction, OfferState, change_state, next_state
from oa_api.db.database import Database
from oa_api.db.pages import Page
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.errors import BusyError, ConflictError, TooManyRequestsError
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import path_id, read_query
from oa_api.identity.principal import PRINCIPAL
from oa_api.products.conversions import ConversionState, list_ready
from oa_api.settings import site_url
from oa_api.ui import charts, flash
from oa_api.ui.formatting import percent
from oa_api.ui.lists import make_listing
from oa_api.ui.rendering import render
from oa_shared.json_types import JsonObject
from oa_shared.licenses import credit_of, normalize_license
from oa_shared.products import ProductFormat

_HISTORY = 50
_WEEK_DAYS = 7


async def show_dataset(request: web.Request) -> web.Response:
    """Show a dataset: downloads, quality, extent, changes, history with files, and license."""
    database = request.app[DATABASE]
    dataset = await queries.get_dataset(database, path_id(request, "data"))
    window = replace(await read_query(request, HistoryFilterSchema()), limit=_HISTORY)
    page = await queries.list_history(database, dataset.id, window)
    data = serialize_dataset(dataset)
    is_published = dataset.state == OfferState.PUBLISHED
    conversions = await read_conversions(request, dataset) if is_published else []
    files = [file for file in _files(data) if file["url"]]
    downloads = list_downloads(data, files, conversions, site=site_url(request.app[SETTINGS])) if is_published else []
    return render(
        request,
        "datasets/dataset.html",
        data=data,
        github=dataset.github,
        source_path=f"/sources/{quote(dataset.source_name)}",
        site=site_url(request.app[SETTINGS]),
        credit=credit_of(normalize_license(dataset.license), dataset.source_name),
        quality=describe_quality(dataset.layer, dataset.result),
        downloads=downloads,
        commands=list_commands(downloads),
        is_preparing=any(item.state is ConversionState.PREPARING for item in conversions),
        files=describe_files(files),
        urls={file["name"]: file["url"] for file in files},
        history=make_listing(request, window, await _history(database, page)),
        chart=_chart(page.rows),
        field_charts=_field_charts(page.rows),
        week=await _compare_with_past(database, dataset),
        withdrawal=await queries.find_withdrawal(database, dataset.id),
        actions=[action for action in DatasetAction if next_state(OfferState(dataset.state), action)],
    )


async def show_comparison(request: web.Request) -> web.Response:
    """Show what differs between two versions of a dataset."""
    database, choice = request.app[DATABASE], await read_query(request, VersionChoiceSchema())
    dataset = await queries.get_dataset(database, path_id(request, "data"))
    page = await queries.list_history(database, dataset.id, HistoryFilterSchema().load({"limit": _HISTORY}))
    newest = page.rows[0].id if page.rows else 0
    before = choice.before or await queries.find_version_before(database, dataset.id, days=_WEEK_DAYS) or newest
    comparison = await _compare(database, dataset.id, before, choice.after or newest)
    return render(
        request,
        "datasets/comparison.html",
        data=serialize_dataset(dataset),
        comparison=comparison,
        versions=_versions([*page.rows, comparison.before, comparison.after]),
    )


async def post_conversion(request: web.Request) -> web.Response:
    """Start a conversion and show the dataset, which shows how far it is."""
    new_conversion, data = await read_form(request, NewConversionSchema()), path_id(request, "data")
    path = f"/data/{data}#download"
    try:
        conversion = await request_conversion(request, data, ProductFormat(new_conversion.format))
    except (BusyError, ConflictError, TooManyRequestsError) as error:
        return flash.see_other(request, path, f"Not started: {error.detail}.", kind="warn")
    if conversion.state is ConversionState.READY:
        return flash.see_other(request, path, f"{conversion.file} is ready.")
    return flash.see_other(request, path, f"Preparing {conversion.file}. This page shows the link when it is ready.")


async def post_state(request: web.Request) -> web.Response:
    """Retire, delete or restore a dataset."""
    change, data, by = await read_form(request, StateChangeSchema()), path_id(request, "data"), request[PRINCIPAL]
    state = await request.app[DATABASE].run(
        lambda transaction: change_state(transaction, data, DatasetAction(change.action), reason=change.reason, by=by)
    )
    return flash.see_other(request, f"/data/{data}", f"Dataset {data} is {state}.")


def _files(dataset: JsonObject) -> list[JsonObject]:
    files = dataset["files"]
    return files if isinstance(files, list) else []


async def _history(database: Database, page: Page[HistoryRow]) -> Page[JsonObject]:
    """Return publications with the files that are kept, those converted from them included."""
    converted = await list_ready(database, [row.id for row in page.rows])
    publications = []
    for row in page.rows:
        publication = serialize_publication(row)
        files = [*_files(publication), *(converted_files(converted.get(row.id, [])) if row.is_kept else [])]
        kept = describe_files([file for file in files if file["url"]])
        # Without digests, which would be most of the bytes of the page.
        publications.append({**publication, "github": row.github, "files": [{**file, "sha256": None} for file in kept]})
    return Page(publications, page.has_more, page.total)


async def _compare_with_past(database: Database, dataset: DatasetRow) -> VersionComparison | None:
    """Return what changed within a week; None if nothing was published before."""
    page = await queries.list_history(database, dataset.id, HistoryFilterSchema().load({"limit": 1}))
    before = await queries.find_version_before(database, dataset.id, days=_WEEK_DAYS)
    if not page.rows or before is None:
        return None
    return await _compare(database, dataset.id, before, page.rows[0].id)


async def _compare(database: Database, data: int, one: int, other: int) -> VersionComparison:
    """Return the comparison of two publications, the earlier one first. Raises NotFoundError."""
    before = await queries.get_publication(database, data, min(one, other))
    after = await queries.get_publication(database, data, max(one, other))
    between = await queries.list_between(database, data, after=before.id, last=after.id)
    return compare_versions(before, after, between, is_complete=len(between) < queries.MAX_STEPS)


def _versions(rows: Sequence[HistoryRow]) -> list[tuple[str, str]]:
    """Return the choices of versions, newest first."""
    return [(str(row.id), _version_label(row)) for row in sorted({row.id: row for row in rows}.values(), key=_by_id)]


def _by_id(row: HistoryRow) -> int:
    return -row.id


def _version_label(row: HistoryRow) -> str:
    count = (row.result or {}).get("count")
    features = f", {count:,} features" if isinstance(count, int) else ""
    return f"{row.published_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC{features}"


def _chart(publications: Sequence[HistoryRow]) -> charts.Chart:
    """Return the number of features over time, oldest first."""
    points = []
    for row in reversed(publications):
        count = (row.result or {}).get("count")
        points.append((f"{row.published_at.astimezone(UTC):%Y-%m-%d}", count if isinstance(count, int) else 0))
    return charts.line_chart(points)


def _field_charts(publications: Sequence[HistoryRow]) -> dict[str, tuple[str, list[str]]]:
    """Return the attribute coverage of each field, oldest version first: the path of a line, and values as text."""
    rates = [fill_rates(row.result) for row in reversed(publications)]
    fields = dict.fromkeys(name for version in reversed(rates) for name in version)
    values = {name: [version.get(name, 0.0) for version in rates] for name in fields}
    return {
        name: (charts.sparkline_path(shares, bounds=(0.0, 1.0)), [percent(share) for share in shares])
        for name, shares in values.items()
    }
