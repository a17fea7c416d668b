"""The page /new-source: a form with the URL of data, for which a job proposes a definition."""

from http import HTTPStatus

from aiohttp import hdrs, web

from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.errors import ApiError, InvalidError, TooManyRequestsError
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import read_query
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs.planning import host_of
from oa_api.jobs.run_names import name_of_proposal
from oa_api.trials import trials
from oa_api.trials.examination import TrialReview
from oa_api.trials.proposals import check_data_url
from oa_api.trials.requests import NewSourceForm
from oa_api.trials.review import TrialEntryJson
from oa_api.trials.schemas import NewSourceSchema
from oa_api.ui.rendering import render
from oa_shared.proposal_request import ENTRY_NAME, ProposalRequest
from oa_shared.source_definition import DefinitionEntry


async def show_form(request: web.Request) -> web.Response:
    """Show the form, with the values of the query."""
    return await _render_form(request, await read_query(request, NewSourceSchema()))


async def post_request(request: web.Request) -> web.Response:
    """Create a trial that proposes, and redirect to its page; or show the form again with why not.

    The job fetches the URL, never the API.
    """
    form = await read_form(request, NewSourceSchema())
    database, limits = request.app[DATABASE], trials.TrialLimits.of(request.app[SETTINGS])
    try:
        await trials.check_hourly_limit(database, limits, by=request[PRINCIPAL])
        check_data_url(form.url.strip())
        trial = await trials.create_trial(database, _plan(form), limits, by=request[PRINCIPAL])
    except (InvalidError, TooManyRequestsError) as error:
        return await _render_form(request, form, error=error)
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={hdrs.LOCATION: f"/try/{trial}"})


def _plan(form: NewSourceForm) -> trials.NewTrial:
    """Return the trial of a request: its only entry has no rules yet."""
    asked = ProposalRequest(form.url.strip(), form.layer or None, form.source_name or None)
    pointer = f"/layers/{asked.job_layer}/0"
    body = DefinitionEntry(asked.job_layer, ENTRY_NAME, pointer, trials.TRIAL_TIER, {"data": asked.url})
    entry = TrialEntryJson(
        layer=asked.job_layer, name=ENTRY_NAME, pointer=pointer, host=host_of(body), line=1, is_runnable=True
    )
    review = TrialReview(sha256="", remarks=[], entries=[])
    return trials.NewTrial(
        definition=asked.as_text(),
        source_name=form.source_name,
        url=asked.url,
        review=review,
        entry=entry,
        run_name=name_of_proposal(form.source_name, entry["host"]),
    )


async def _render_form(request: web.Request, form: NewSourceForm, *, error: ApiError | None = None) -> web.Response:
    return render(
        request,
        "trials/new_source.html",
        status=error.status if error else 200,
        new_source=form,
        error=error,
        newest=await trials.list_newest(request.app[DATABASE], by=request[PRINCIPAL]),
    )
