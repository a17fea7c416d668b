"""Every endpoint: method, path, handler, who may call it, and what the OpenAPI document says of it."""

from oa_api.routes.bulk import BULK
from oa_api.routes.care import CARE
from oa_api.routes.care_pages import CARE_PAGES
from oa_api.routes.data import DATA, PAGES_OF_DATA
from oa_api.routes.events import EVENTS
from oa_api.routes.failures import FAILURES
from oa_api.routes.github import GITHUB
from oa_api.routes.identity import IDENTITY
from oa_api.routes.jobs import JOBS
from oa_api.routes.operators import OPERATORS
from oa_api.routes.pages import PAGES
from oa_api.routes.pauses import PAUSES
from oa_api.routes.product_pages import PRODUCT_PAGES
from oa_api.routes.products import PRODUCTS
from oa_api.routes.queues import QUEUES
from oa_api.routes.route import Route
from oa_api.routes.runs import RUNS
from oa_api.routes.service import SERVICE
from oa_api.routes.webhooks import PAGES_OF_WEBHOOKS, WEBHOOKS

ROUTES: tuple[Route, ...] = (
    *RUNS,
    *BULK,
    *FAILURES,
    *JOBS,
    *DATA,
    *PRODUCTS,
    *PRODUCT_PAGES,
    *GITHUB,
    *QUEUES,
    *PAUSES,
    *CARE,
    *CARE_PAGES,
    *IDENTITY,
    *EVENTS,
    *WEBHOOKS,
    *SERVICE,
    *PAGES,
    *OPERATORS,
    *PAGES_OF_DATA,
    *PAGES_OF_WEBHOOKS,
)
