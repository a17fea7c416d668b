"""The guides of `docs` as pages."""

from aiohttp import web

from oa_api.http.errors import NotFoundError
from oa_api.ui.guides import GUIDES, get_guide
from oa_api.ui.rendering import render


async def show_guide(request: web.Request) -> web.Response:
    """Show the guide that the path names. Raises NotFoundError if its text is not installed."""
    name = request.path.rpartition("/")[2]
    guide = get_guide(name)
    if guide is None:
        raise NotFoundError(f"the guide {name} is not installed: run services/api/web/build.py")
    return render(request, "documentation/guide.html", guide=guide, name=name, guides=GUIDES)
