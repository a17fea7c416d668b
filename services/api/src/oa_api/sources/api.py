"""The endpoints below /api/sources."""

from aiohttp import web

from oa_api.datasets.request_schemas import SourceListFilterSchema
from oa_api.datasets.requests import SourceListFilter
from oa_api.datasets.source_list import SourceGroup, list_sources
from oa_api.http.app_keys import DATABASE
from oa_api.http.conditional import respond_conditionally
from oa_api.http.errors import NotFoundError
from oa_api.http.paging import list_response
from oa_api.http.request_parsing import read_query
from oa_api.sources import queries
from oa_api.sources.serializers import serialize_source, serialize_source_details
from oa_shared.json_types import JsonObject

_PUBLICATIONS = 20
_SHOWN_LENGTH = 80


async def get_sources(request: web.Request) -> web.Response:
    """Return a page of sources."""
    source_filter, database = await read_query(request, SourceListFilterSchema()), request.app[DATABASE]
    page = await list_sources(database, source_filter)
    origins = await queries.list_origins(database, [group.newest_job for group in page.rows])

    def serialize(group: SourceGroup) -> JsonObject:
        return serialize_source(group, origins.get(group.newest_job))

    response = list_response(request, source_filter, "sources", page, serialize=serialize, cursor_of=_name_of)
    return respond_conditionally(request, response)


async def get_source(request: web.Request) -> web.Response:
    """Return one source. Raises NotFoundError."""
    name, database = request.match_info["source"], request.app[DATABASE]
    existence = await queries.get_existence(database, name)
    if not existence.is_source:
        hint = f": GET /api/sources?source={name}/ lists those below it" if existence.is_prefix else ""
        raise NotFoundError(f"source {name[:_SHOWN_LENGTH]!r} does not exist{hint}")
    groups = (await list_sources(database, SourceListFilter(source=name, limit=1))).rows
    group = groups[0] if groups else SourceGroup.without_entries(name)
    newest = group.newest_job or await queries.get_newest_job(database, name)
    origins = await queries.list_origins(database, [newest])
    publications = await queries.list_publications(database, name, limit=_PUBLICATIONS)
    withdrawn = await queries.list_withdrawn(database, name)
    body = serialize_source_details(group, origins.get(newest), publications, withdrawn)
    return respond_conditionally(request, web.json_response(body))


def _name_of(group: SourceGroup) -> str:
    return group.id
