"""The plain page: runs with their counts, jobs with states and errors, links to files, the duties' heartbeat."""

from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, select_autoescape

from oa_api.handlers import paging
from oa_api.representation import data_view, job_view, run_view
from oa_api.requests import query
from oa_api.schemas.requests import DataFilter, JobFilter, RunFilter
from oa_api.services import DATABASE
from oa_api.store.database import Row
from oa_api.store.errors import StoreError
from oa_api.store.queries import queries
from oa_shared.status import JobStatus

_SQL = queries("reads")
_TEMPLATES = Environment(
    loader=PackageLoader("oa_api"),
    autoescape=select_autoescape(default=True),
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_RUNS, _JOBS, _PUBLISHED = 12, 50, 25


def moment(text: str | None) -> str:
    """Return an RFC 3339 time as a person reads it."""
    return f"{text[:10]} {text[11:16]}" if text else ""


_TEMPLATES.filters["moment"] = moment
_TEMPLATES.globals["statuses"] = list(JobStatus)
# Read now: a request must not wait for a disk.
_PAGES = {name: _TEMPLATES.get_template(name) for name in _TEMPLATES.list_templates()}


def render(template: str, **values: Any) -> web.Response:
    """Return a page as HTML; what sources say is only ever text in it, and nothing in it can run."""
    html = _PAGES[template].render(**values)
    headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return web.Response(text=html, content_type="text/html", headers=headers)


async def overview(request: web.Request, *, problems: list[str], duties: list[Row]) -> web.Response:
    """Return the page; its query filters the jobs as that of GET /api/job does."""
    asked = {**await query(request, JobFilter()), "limit": _JOBS}
    try:
        shown = await _shown(request, asked)
    except StoreError:
        shown = {"runs": [], "jobs": [], "published": [], "older": None}
    chosen = {name: asked[name] for name in ("run", "status", "source", "layer") if asked[name]}
    page = render("overview.html", problems=problems, duties=duties, chosen=chosen, **shown)
    page.set_status(503 if problems else 200)
    return page


async def _shown(request: web.Request, asked: dict[str, Any]) -> dict[str, Any]:
    database = request.app[DATABASE]
    runs = {**RunFilter().load({}), "limit": _RUNS}
    rows = await database.all(paging.statement("jobs", asked), paging.parameters(asked))
    has_older = len(rows) > _JOBS
    published = {**DataFilter().load({}), "limit": _PUBLISHED}
    return {
        "runs": [run_view(row) for row in await database.all(_SQL["runs_by_id_desc"], paging.parameters(runs))][:_RUNS],
        "jobs": [job_view(row) for row in rows[:_JOBS]],
        "older": request.rel_url.update_query(cursor=rows[_JOBS - 1]["id"]) if has_older else None,
        "published": [data_view(row) for row in await database.all(_SQL["latest_data"], paging.parameters(published))],
    }
