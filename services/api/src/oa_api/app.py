"""The application: middleware, routes and what they work with."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from aiohttp import hdrs, web

from oa_api.assets import ASSETS, read_assets
from oa_api.authorisation import ROLES, authorise
from oa_api.definition_fetch import DefinitionFetcher
from oa_api.events.hub import Hub
from oa_api.github.signature import WebhookSecrets
from oa_api.handlers.about import VERSION
from oa_api.handlers.github import WEBHOOK_SECRETS
from oa_api.identity.authentication import SECRETS, SharedSecrets
from oa_api.identity.github_client import GITHUB_SIGN_IN, GithubSettings
from oa_api.limits.requests import LIMITS, Limits, tell
from oa_api.openapi import document
from oa_api.pages.documentation import set_up_documentation
from oa_api.pages.errors import error_page
from oa_api.pages.overview import set_up_overview
from oa_api.pages.rendering import set_up_pages
from oa_api.problem import PRESENT, answer_errors
from oa_api.routes import ROUTES
from oa_api.routes.route import Route
from oa_api.schemas.requests import NewJobs
from oa_api.services import DATABASE, DOCUMENT, FETCHER, HUB, QUEUES, SETTINGS, STORAGE, QueuePair
from oa_api.settings import Settings, check_public_url
from oa_api.store.database import Database
from oa_shared.roles import Role
from oa_shared.source_definition import prepare_validation
from oa_shared.storage import Storage


def make_app(
    settings: Settings,
    *,
    database: Database,
    storage: Storage,
    queues: Mapping[str, QueuePair],
    fetcher: DefinitionFetcher,
) -> web.Application:
    """Return the application, ready to be served: what requests need from the disk has been read."""
    check_public_url(settings.public_url)
    prepare_validation()
    app = web.Application(middlewares=[answer_errors, authorise], client_max_size=NewJobs.max_bytes)
    app[SETTINGS] = settings
    app[GITHUB_SIGN_IN] = GithubSettings.of(settings)
    app[SECRETS] = SharedSecrets(settings.shared_secret, settings.shared_secret_previous)
    app[LIMITS] = Limits(settings)
    app.on_response_prepare.append(tell)
    app[ASSETS] = read_assets()
    app[DATABASE] = database
    app[STORAGE] = storage
    app[QUEUES] = queues
    app[DOCUMENT] = _document()
    app[FETCHER] = fetcher
    app[HUB] = Hub(database, settings.database_url, most_streams=settings.event_streams)
    app.on_shutdown.append(_end_streams)
    app[ROLES] = {key: role for route in ROUTES for key, role in _add(app, route)}
    app[PRESENT] = error_page
    set_up_pages(app)
    set_up_overview(app)
    set_up_documentation(app)
    app[WEBHOOK_SECRETS] = WebhookSecrets(settings.github_webhook_secret, settings.github_webhook_secret_previous)
    return app


@cache
def _document() -> dict[str, Any]:
    """Return the description of the API, which is the same for each application of this process."""
    return document(ROUTES, VERSION)


def _add(app: web.Application, route: Route) -> Iterator[tuple[tuple[str, str], Role]]:
    """Put a route into the application, and give its role under the name that the router knows it by."""
    added = app.router.add_route(route.method, route.pattern or route.path, route.handler)
    if route.method == hdrs.METH_GET:
        app.router.add_route(hdrs.METH_HEAD, route.pattern or route.path, route.handler)
    if added.resource is not None:
        yield (route.method, added.resource.canonical), route.role


async def _end_streams(app: web.Application) -> None:
    await app[HUB].close()
