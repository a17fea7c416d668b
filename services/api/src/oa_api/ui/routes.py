"""The routes of ui."""

from oa_api.http.assets import get_asset
from oa_api.http.routing import BYTES, page
from oa_shared.roles import Role

PAGES = (
    page("/static/{version}/{file}", get_asset, "Style and scripts of the pages", response=(BYTES,), role=Role.ANYONE),
)
ROUTES = PAGES
