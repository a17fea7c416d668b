"""The areas with published data as an SVG path, cached for all users."""

from collections.abc import Iterable

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.status import queries
from oa_api.status.queries import AreaRow
from oa_api.ui.timed_cache import TimedCache

_MAX_AGE_S = 60
COVERAGE: web.AppKey[TimedCache[str]] = web.AppKey("coverage", TimedCache)


def set_up_coverage(app: web.Application) -> None:
    """Cache the coverage, which is the same for all users and costs a scan of all datasets."""

    async def read_coverage() -> str:
        return _svg_path(await queries.list_covered_areas(app[DATABASE]))

    app[COVERAGE] = TimedCache(read_coverage, _MAX_AGE_S)


def _svg_path(areas: Iterable[AreaRow]) -> str:
    """Return the path of rectangles in an SVG whose units are degrees, with north at the top."""
    return "".join(
        f"M{area.west} {-area.south - area.height}h{area.width}v{area.height}h-{area.width}z" for area in areas
    )
