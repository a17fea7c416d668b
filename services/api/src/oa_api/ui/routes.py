"""The routes of ui."""

from oa_api.http.assets import get_asset, get_favicon
from oa_api.http.routing import BYTES, page
from oa_shared.roles import Role

PAGES = (
    page("/static/{version}/{file}", get_asset, "Style and scripts of the pages", response=(BYTES,), role=Role.ANYONE),
    page("/favicon.ico", get_favicon, "Icon of the site", response=(BYTES,), role=Role.ANYONE),
)
ROUTES = PAGES
