"""The review queue: one result at a time, with the reasons, the numbers, a map, and the decision."""

from dataclasses import asdict
from urllib.parse import urlencode

from aiohttp import web

from oa_api.failures import review
from oa_api.failures.requests import ReviewFilter, ReviewSelection
from oa_api.failures.review_schemas import QueuePlaceSchema, ReviewDecisionSchema, ReviewSelectionSchema
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ConflictError
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import path_id, read_query
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs import queries
from oa_api.ui import flash
from oa_api.ui.rendering import render

PATH = "/review"
_QUERY = ("run", "source", "layer", "code", "job")
_DONE = {"confirm": "published", "reject": "rejected"}


async def show_review(request: web.Request) -> web.Response:
    """Show one job of the queue: the one that the query names, or the newest."""
    place = await read_query(request, QueuePlaceSchema())
    selection = ReviewSelection(run=place.run, source=place.source, layer=place.layer, code=place.code)
    database, cursor = request.app[DATABASE], place.job + 1 if place.job else None
    window = ReviewFilter(**asdict(selection), cursor=cursor, limit=1)
    rows = (await review.list_for_review(database, window)).rows
    held = rows[0] if rows else None
    if place.job is not None and (held is None or held.id != place.job):
        return flash.see_other(request, _page(selection), f"Job {place.job} does not need review.", kind="warn")
    adjacent = await review.find_adjacent_jobs(database, selection, held.id) if held else None
    return render(
        request,
        "failures/review.html",
        held=held,
        job=await queries.get_job(database, held.id) if held else None,
        adjacent=adjacent,
        total=await review.count_for_review(database, selection),
        page_of=lambda job: _page(selection, job=job),
        action=f"{PATH}/{held.id}{_query(selection)}" if held else "",
        has_filter=bool(_query(selection)),
    )


async def post_review(request: web.Request) -> web.Response:
    """Publish or reject a result, and show the next job of the queue."""
    job, selection = path_id(request, "job"), await read_query(request, ReviewSelectionSchema())
    decision, database = await read_form(request, ReviewDecisionSchema()), request.app[DATABASE]
    adjacent = await review.find_adjacent_jobs(database, selection, job)
    try:
        await review.decide(database, job, decision, by=request[PRINCIPAL])
    except ConflictError as error:
        return flash.see_other(request, _page(selection), f"Not changed: {error.detail}.", kind="bad")
    following = adjacent.next or adjacent.previous
    return flash.see_other(request, _page(selection, job=following), f"Job {job} {_DONE[decision.moderate]}.")


def _query(selection: ReviewSelection, **more: object) -> str:
    values = {**asdict(selection), **more}
    given = {name: values[name] for name in _QUERY if values.get(name) is not None}
    return f"?{urlencode(given)}" if given else ""


def _page(selection: ReviewSelection, *, job: int | None = None) -> str:
    return PATH + _query(selection, job=job)
