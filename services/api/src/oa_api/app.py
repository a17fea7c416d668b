"""The application: middleware, routes and what they work with."""

from aiohttp import web

from oa_api.authorisation import SECRETS, SharedSecrets, authorise
from oa_api.definition_fetch import DefinitionFetcher
from oa_api.problem import answer_errors
from oa_api.requests import JOBS_BODY_BYTES
from oa_api.routes import ROUTES
from oa_api.services import DATABASE, FETCHER, JOBS_QUEUE, RESULTS_QUEUE, SETTINGS, STORAGE
from oa_api.settings import Settings
from oa_api.store.database import Database
from oa_shared.queue import Queue
from oa_shared.storage import Storage


def make_app(
    settings: Settings,
    *,
    database: Database,
    storage: Storage,
    jobs_queue: Queue,
    results_queue: Queue,
    fetcher: DefinitionFetcher,
) -> web.Application:
    """Return the application, ready to be served."""
    app = web.Application(middlewares=[answer_errors, authorise], client_max_size=JOBS_BODY_BYTES)
    app[SETTINGS] = settings
    app[SECRETS] = SharedSecrets(settings.shared_secret, settings.shared_secret_previous)
    app[DATABASE] = database
    app[STORAGE] = storage
    app[JOBS_QUEUE] = jobs_queue
    app[RESULTS_QUEUE] = results_queue
    app[FETCHER] = fetcher
    for route in ROUTES:
        app.router.add_route(route.method, route.path, route.handler)
    return app
