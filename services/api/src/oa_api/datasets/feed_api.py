"""GET /data/feed.atom."""

from aiohttp import web

from oa_api.datasets import queries
from oa_api.datasets.feed import Feed, atom_feed
from oa_api.datasets.request_schemas import FeedFilterSchema
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.conditional import respond_conditionally
from oa_api.http.request_parsing import read_query
from oa_api.settings import site_url
from oa_shared.media_types import ATOM

ENTRIES = 100
_MAX_AGE_S = 300
_SELECTION = tuple(name for name in FeedFilterSchema().fields if name != "cursor")


async def get_feed(request: web.Request) -> web.Response:
    """Return the most recent publications as an Atom feed."""
    feed_filter, settings = await read_query(request, FeedFilterSchema()), request.app[SETTINGS]
    page = await queries.recent_publications(request.app[DATABASE], feed_filter, limit=ENTRIES)
    withdrawals = await queries.recent_withdrawals(request.app[DATABASE], feed_filter, page, limit=ENTRIES)
    given = {name: value for name in _SELECTION if (value := request.query.get(name))}
    url = request.rel_url.with_query(given)
    feed = Feed(
        site=site_url(settings),
        stack=settings.stack,
        title=" ".join(["New data of OpenAddresses", *(f"({value})" for value in given.values())]),
        path=str(url),
        page=str(url.update_query(cursor=feed_filter.cursor)) if feed_filter.cursor else str(url),
        listing=str(url.with_path("/data", keep_query=True)),
        older=str(url.update_query(cursor=page.rows[-1].id)) if page.has_more else None,
    )
    response = web.Response(body=atom_feed(feed, page.rows, withdrawals), content_type=ATOM, charset="utf-8")
    return respond_conditionally(request, response, max_age_s=_MAX_AGE_S)
