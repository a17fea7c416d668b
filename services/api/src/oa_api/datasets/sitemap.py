"""GET /sitemap.xml and /robots.txt: which pages search engines find (sitemaps.org, RFC 9309)."""

import asyncio
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from aiohttp import web

from oa_api.datasets import queries
from oa_api.datasets.rows import SitemapRow
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.conditional import respond_conditionally
from oa_api.http.fields import rfc3339
from oa_api.settings import site_url
from oa_shared.media_types import media_type_of

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_PAGES = ("/", "/data", "/sources", "/map", "/collections", "/health", "/docs")
# The most URLs that a sitemap may have.
MAX_URLS = 50_000
_MAX_AGE_S = 3600
# Every filter of a list is another URL with the same rows, and data is not a text to search.
_ROBOTS = """User-agent: *
Disallow: /*?
Disallow: /api/
Disallow: /latest/
Disallow: /upload/
Disallow: /sign-in
"""


async def get_robots(request: web.Request) -> web.Response:
    """Return what crawlers may read, with the URL of the sitemap."""
    text = f"{_ROBOTS}\nSitemap: {site_url(request.app[SETTINGS])}/sitemap.xml\n"
    return respond_conditionally(request, web.Response(text=text), max_age_s=_MAX_AGE_S)


async def get_sitemap(request: web.Request) -> web.Response:
    """Return the URLs of the pages, with one for each of the datasets that were published last."""
    datasets = await queries.list_newest(request.app[DATABASE], limit=MAX_URLS - len(_PAGES))
    body = await asyncio.to_thread(_sitemap, site_url(request.app[SETTINGS]), datasets)
    response = web.Response(body=body, content_type=media_type_of("sitemap.xml"), charset="utf-8")
    return respond_conditionally(request, response, max_age_s=_MAX_AGE_S)


def _sitemap(site: str, datasets: Sequence[SitemapRow]) -> bytes:
    """Return the XML of a sitemap."""
    urls = "".join(_urls(escape(site), datasets))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{_NAMESPACE}">\n{urls}</urlset>\n'.encode()


def _urls(site: str, datasets: Sequence[SitemapRow]) -> Iterator[str]:
    for page in _PAGES:
        yield f"<url><loc>{site}{page}</loc></url>\n"
    for dataset in datasets:
        changed = rfc3339(dataset.updated_at)
        yield f"<url><loc>{site}/data/{dataset.id}</loc><lastmod>{changed}</lastmod></url>\n"
