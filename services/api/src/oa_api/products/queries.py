"""Reads collections, their builds, exports and the fabric, for the API and the pages."""

from collections.abc import Sequence

from oa_api.db import counting
from oa_api.db.database import Database
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.http.errors import NotFoundError
from oa_api.http.schemas import CursorSlice
from oa_api.jobs.filters import window_parameters
from oa_api.products.requests import ExportFilter
from oa_api.products.rows import CollectionBuildRow, CollectionRow, ExportRow, FabricRow
from oa_shared.status import LAYERS

_SQL = load_queries("products.queries")
_SHOWN_LENGTH = 40


async def list_collections(database: Database, window: CursorSlice) -> Page[CollectionRow]:
    """Return a page of collections, oldest first."""
    values = window_parameters(window)
    rows = await database.all(_SQL["collections"], values, into=CollectionRow)
    return Page.cut(rows, window.limit, await counting.count_rows(database, _SQL["count_collections"], values))


async def get_collection(database: Database, collection: int) -> CollectionRow:
    """Return one collection. Raises NotFoundError."""
    row = await database.first(_SQL["collection"], {"collection": collection}, into=CollectionRow)
    if row is None:
        raise NotFoundError(f"collection {collection} does not exist")
    return row


async def list_builds(database: Database, collection: int, window: CursorSlice) -> Page[CollectionBuildRow]:
    """Return a page of the builds of a collection, newest first."""
    values = {**window_parameters(window), "collection": collection}
    rows = await database.all(_SQL["builds"], values, into=CollectionBuildRow)
    return Page.cut(rows, window.limit, await counting.count_rows(database, _SQL["count_builds"], values))


async def list_exports(database: Database, export_filter: ExportFilter) -> Page[ExportRow]:
    """Return a page of exports, newest first."""
    values = {**window_parameters(export_filter), "status": export_filter.status, "format": export_filter.format}
    rows = await database.all(_SQL["exports"], values, into=ExportRow)
    return Page.cut(rows, export_filter.limit, await counting.count_rows(database, _SQL["count_exports"], values))


async def get_export(database: Database, export: int) -> ExportRow:
    """Return one export. Raises NotFoundError."""
    row = await database.first(_SQL["export"], {"export": export}, into=ExportRow)
    if row is None:
        raise NotFoundError(f"export {export} does not exist")
    return row


async def list_fabric_layers(database: Database, layers: Sequence[str] = LAYERS) -> list[FabricRow]:
    """Return layers of the fabric in this order, built or not."""
    return await database.all(_SQL["fabric_layers"], {"layers": list(layers)}, into=FabricRow)


async def get_fabric_layer(database: Database, layer: str) -> FabricRow:
    """Return a layer of the fabric. Raises NotFoundError for an unknown layer."""
    if layer not in LAYERS:
        raise NotFoundError(f"layer {layer[:_SHOWN_LENGTH]!r} does not exist: use one of {', '.join(LAYERS)}")
    (row,) = await list_fabric_layers(database, [layer])
    return row
