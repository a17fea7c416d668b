"""GET /data/feed.atom."""

from aiohttp import web

from oa_api.data import published
from oa_api.data.feed import Feed, atom
from oa_api.handlers.conditional import conditional
from oa_api.requests import query
from oa_api.schemas.data import FeedFilter
from oa_api.services import DATABASE, SETTINGS
from oa_api.settings import site_of

ENTRIES = 100
_KEPT_S = 300


async def get_feed(request: web.Request) -> web.Response:
    """Return the newest publications as an Atom feed."""
    asked, settings = await query(request, FeedFilter()), request.app[SETTINGS]
    rows = await published.news(request.app[DATABASE], asked, limit=ENTRIES)
    chosen = {name: asked[name] for name in ("source", "layer") if asked[name]}
    here = request.rel_url.with_query(chosen)
    older = here.update_query(cursor=rows[ENTRIES - 1]["id"]) if len(rows) > ENTRIES else None
    feed = Feed(
        site=site_of(settings),
        stack=settings.stack,
        title=" ".join(["New data of OpenAddresses", *(f"({word})" for word in chosen.values())]),
        path=str(here),
        page=str(here.update_query(cursor=asked["cursor"])) if asked["cursor"] else str(here),
        older=str(older) if older else None,
    )
    body = atom(feed, rows[:ENTRIES])
    response = web.Response(body=body, content_type="application/atom+xml", charset="utf-8")
    return conditional(request, response, max_age_s=_KEPT_S)
