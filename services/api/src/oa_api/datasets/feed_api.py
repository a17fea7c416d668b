"""GET /data/feed.atom."""

from aiohttp import web

from oa_api.datasets import queries
from oa_api.datasets.feed import Feed, atom
from oa_api.datasets.request_schemas import FeedFilterSchema
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.conditional import respond_conditionally
from oa_api.http.request_parsing import query
from oa_api.settings import site_url

ENTRIES = 100
_KEPT_S = 300


async def get_feed(request: web.Request) -> web.Response:
    """Return the newest publications as an Atom feed."""
    asked, settings = await query(request, FeedFilterSchema()), request.app[SETTINGS]
    rows = await queries.recent_publications(request.app[DATABASE], asked, limit=ENTRIES)
    chosen = {name: asked[name] for name in ("source", "layer") if asked[name]}
    here = request.rel_url.with_query(chosen)
    older = here.update_query(cursor=rows[ENTRIES - 1]["id"]) if len(rows) > ENTRIES else None
    feed = Feed(
        site=site_url(settings),
        stack=settings.stack,
        title=" ".join(["New data of OpenAddresses", *(f"({word})" for word in chosen.values())]),
        path=str(here),
        page=str(here.update_query(cursor=asked["cursor"])) if asked["cursor"] else str(here),
        older=str(older) if older else None,
    )
    body = atom(feed, rows[:ENTRIES])
    response = web.Response(body=body, content_type="application/atom+xml", charset="utf-8")
    return respond_conditionally(request, response, max_age_s=_KEPT_S)
