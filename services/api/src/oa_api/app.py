"""The application: middleware, routes and what handlers use."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

from aiohttp import hdrs, web

from oa_api.background.process_state import ProcessState
from oa_api.compatibility.forms import BODY_KEYS, FORMS
from oa_api.compatibility.negotiation import serve_both
from oa_api.compatibility.routes import VERSION_1, WITHDRAWN
from oa_api.compatibility.service_api import DOCUMENT_V1
from oa_api.db.database import Database
from oa_api.dead_letters.reader import set_up_dead_letters
from oa_api.definitions.examiner import EXAMINER, Examiner
from oa_api.definitions.fetcher import FETCHER, DefinitionFetcher
from oa_api.documentation.pages import set_up_documentation
from oa_api.events.hub import HUB, Hub
from oa_api.http.app_keys import (
    DATABASE,
    DOCUMENT,
    IDENTITY_CHECK,
    KEY_ISSUER,
    PROCESS,
    QUEUES,
    SETTINGS,
    STORAGE,
    QueuePair,
)
from oa_api.http.assets import ASSETS, read_assets
from oa_api.http.body_budget import BODY_BUDGETS, BodyBudgets
from oa_api.http.compression import compress
from oa_api.http.cross_origin import add_cross_origin_headers, answer_preflight
from oa_api.http.forms import FORM_LIMITS
from oa_api.http.kept_bodies import KEPT_BODIES, KeptBodies
from oa_api.http.openapi import document
from oa_api.http.problem import RENDER_ERROR, handle_errors
from oa_api.http.routing import Route
from oa_api.http.security_headers import add_security_headers
from oa_api.http.time_limits import HEALTH_PATHS
from oa_api.identity.authentication import SECRETS, SharedSecrets
from oa_api.identity.authorization import ROLES, add_token_warning, authorize, forbid_storing
from oa_api.identity.github_client import GITHUB_SIGN_IN, GitHubSignInSettings
from oa_api.identity.rate_limit import LIMITS, RequestLimits, add_rate_limit_headers
from oa_api.jobs.request_schemas import NewJobsSchema
from oa_api.pauses.banner import add_pause_notices, set_up_banner
from oa_api.pull_requests.api import WEBHOOK_SECRETS
from oa_api.pull_requests.signature import WebhookSecrets
from oa_api.routes import ROUTES
from oa_api.settings import Settings, check_site_urls
from oa_api.status.coverage import set_up_coverage
from oa_api.status.front_page import set_up_front
from oa_api.status.metrics_api import set_up_metrics
from oa_api.status.system_status import set_up_system_status
from oa_api.trials.examination import MAX_TRIAL_TURNS, TRIAL_TURNS
from oa_api.ui.error_page import render_error
from oa_api.ui.rendering import set_up_pages
from oa_api.uploads.api import ARRIVING_UPLOADS, MAX_ARRIVING
from oa_shared.attempt_keys import KeyIssuer
from oa_shared.caller_identity import IdentityCheck
from oa_shared.json_types import JsonObject
from oa_shared.roles import Role
from oa_shared.storage import Storage
from oa_shared.version import VERSION


def make_app(
    settings: Settings,
    *,
    database: Database,
    storage: Storage,
    queues: Mapping[str, QueuePair],
    fetcher: DefinitionFetcher,
    examiner: Examiner,
    key_issuer: KeyIssuer | None = None,
    identity_check: IdentityCheck | None = None,
    process: ProcessState | None = None,
) -> web.Application:
    """Return the application, ready to be served: it reads everything that requests need from disk.

    Without `key_issuer` the containers of attempts use their own role, without `identity_check` those of an array job
    trust each other. Without `process` it is one that has started and has no workers.
    """
    check_site_urls(settings)
    middlewares = [handle_errors, answer_preflight, compress, authorize, add_pause_notices]
    app = web.Application(middlewares=middlewares, client_max_size=NewJobsSchema.max_bytes)
    app[SETTINGS] = settings
    app[PROCESS] = process or ProcessState()
    app[DATABASE] = database
    app[STORAGE] = storage
    app[QUEUES] = queues
    app[FETCHER] = fetcher
    app[EXAMINER] = examiner
    app[KEY_ISSUER] = key_issuer
    app[IDENTITY_CHECK] = identity_check
    _set_up_requests(app, settings)
    _set_up_streams(app, settings, database)
    _add_routes(app, settings)
    _set_up_rooms(app)
    return app


def _set_up_requests(app: web.Application, settings: Settings) -> None:
    """Set up what each request meets: secrets, limits, headers, the kept bodies of responses."""
    app[GITHUB_SIGN_IN] = GitHubSignInSettings.of(settings)
    app[SECRETS] = SharedSecrets(settings.shared_secret, settings.shared_secret_previous)
    app[WEBHOOK_SECRETS] = WebhookSecrets(settings.github_webhook_secret, settings.github_webhook_secret_previous)
    app[LIMITS] = RequestLimits(settings)
    app[BODY_BUDGETS] = BodyBudgets()
    app[KEPT_BODIES] = KeptBodies()
    app[TRIAL_TURNS] = asyncio.Semaphore(MAX_TRIAL_TURNS)
    app[ARRIVING_UPLOADS] = asyncio.Semaphore(MAX_ARRIVING)
    app.on_response_prepare.extend(
        (add_rate_limit_headers, add_token_warning, add_cross_origin_headers, add_security_headers, forbid_storing)
    )


def _set_up_streams(app: web.Application, settings: Settings, database: Database) -> None:
    """Set up the streams of events, which end when the application shuts down."""
    limits = {"max_streams": settings.event_streams, "client_streams": settings.event_streams_per_client}
    app[HUB] = Hub(database, **limits)
    app.on_shutdown.append(_end_streams)


def _set_up_rooms(app: web.Application) -> None:
    """Set up the files and documents of the pages, and what single rooms keep between requests."""
    app[ASSETS] = read_assets()
    app[DOCUMENT] = _document()
    app[DOCUMENT_V1] = _document_v1()
    app[RENDER_ERROR] = render_error
    set_up_pages(app)
    set_up_banner(app)
    set_up_coverage(app)
    set_up_front(app)
    set_up_metrics(app)
    set_up_system_status(app)
    set_up_dead_letters(app)
    set_up_documentation(app)


@cache
def _document() -> JsonObject:
    """Return the OpenAPI document, which is the same for each application of this process."""
    return document([route for route in ROUTES if not route.is_legacy], VERSION)


@cache
def _document_v1() -> JsonObject:
    """Return the OpenAPI document of version 1."""
    return document(VERSION_1, VERSION)


def _add_routes(app: web.Application, settings: Settings) -> None:
    """Add all routes that the settings allow, and what middleware knows about them."""
    routes = [route for route in _served_routes(settings) if settings.component_gallery or not route.is_development]
    app[HEALTH_PATHS] = frozenset(route.path for route in routes if route.is_health)
    app[ROLES] = {key: role for route in routes for key, role in _add_route(app, route)}
    app[FORM_LIMITS] = {route.path: route.max_form_bytes for route in routes if route.max_form_bytes}


def _served_routes(settings: Settings) -> list[Route]:
    """Return the routes, in the order of the router: in both versions, unless the settings exclude version 1."""
    if not settings.compatibility:
        return [route for route in ROUTES if not route.is_legacy]
    forms = {(form.method, form.path): form.handler for form in FORMS}
    routes = []
    for route in ROUTES:
        endpoint = (route.method, route.former_path or route.path)
        if endpoint in forms:
            handler = serve_both(route.handler, forms[endpoint], body_key=BODY_KEYS.get(endpoint, ""))
            routes.append(replace(route, handler=handler))
        else:
            routes.append(route)
    return [*routes, *WITHDRAWN]


def _add_route(app: web.Application, route: Route) -> Iterator[tuple[tuple[str, str], Role]]:
    """Add a route to the application, also at its former path, and yield its role, by method and canonical path."""
    methods = (hdrs.METH_GET, hdrs.METH_HEAD) if route.method == hdrs.METH_GET else (route.method,)
    for path in filter(None, (route.pattern or route.path, route.former_path)):
        first, *_ = [app.router.add_route(method, path, route.handler) for method in methods]
        if first.resource is not None:
            yield (route.method, first.resource.canonical), route.role


async def _end_streams(app: web.Application) -> None:
    await app[HUB].close()
