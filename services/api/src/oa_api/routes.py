"""Every endpoint and page, room by room; the router tries them in this order."""

from oa_api.accounts import routes as accounts
from oa_api.acknowledgements import routes as acknowledgements
from oa_api.attempt_access import routes as attempt_access
from oa_api.bulk_actions import routes as bulk_actions
from oa_api.compatibility import routes as compatibility
from oa_api.datasets import routes as datasets
from oa_api.dead_letters import routes as dead_letters
from oa_api.documentation import routes as documentation
from oa_api.events import routes as events
from oa_api.failures import routes as failures
from oa_api.http.routing import Route
from oa_api.jobs import routes as jobs
from oa_api.pauses import routes as pauses
from oa_api.products import routes as products
from oa_api.pull_requests import routes as pull_requests
from oa_api.reporting import routes as reporting
from oa_api.schedules import routes as schedules
from oa_api.sources import routes as sources
from oa_api.status import routes as status
from oa_api.submissions import routes as submissions
from oa_api.trials import routes as trials
from oa_api.ui import routes as ui
from oa_api.uploads import routes as uploads
from oa_api.webhooks import routes as webhooks

# Paths with a fixed word in the place of another path's parameter come first: /api/job/error before /api/job/{job}.
_ROOMS = (
    bulk_actions,
    failures,
    compatibility,
    submissions,
    jobs,
    attempt_access,
    datasets,
    products,
    pull_requests,
    dead_letters,
    pauses,
    acknowledgements,
    schedules,
    reporting,
    uploads,
    trials,
    accounts,
    events,
    webhooks,
    sources,
    status,
    documentation,
    ui,
)
ROUTES: tuple[Route, ...] = tuple(route for room in _ROOMS for route in room.ROUTES)
