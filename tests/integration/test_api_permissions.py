"""The permissions of every endpoint for every kind of caller, as a table.

A new endpoint needs a line in LOWEST; nothing else.
"""

import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import aiohttp
import pytest
import pytest_asyncio

from oa_api.http.app_keys import QueuePair
from oa_api.http.routing import Route
from oa_api.identity.credential import digest, new_api_token, new_secret
from oa_api.routes import ROUTES
from oa_local.postgres import Postgres
from support.fakes.memory_queue import ImpatientQueue
from support.running_api import INTERNAL, PREVIOUS_SECRET, SECRET, RunningApi, running_api

pytestmark = pytest.mark.asyncio(loop_scope="module")

# The lowest permitted role, one line per endpoint, ordered by path.
LOWEST = {
    "GET /": "anyone",
    "GET /live": "anyone",
    "GET /ready": "anyone",
    "POST /api/heartbeat": "service",
    "GET /api": "anyone",
    "GET /api/attribution": "anyone",
    "GET /api/collections": "anyone",
    "POST /api/collections": "admin",
    "DELETE /api/collections/{collection}": "admin",
    "GET /api/collections/{collection}": "anyone",
    "PATCH /api/collections/{collection}": "admin",
    "POST /api/collections/{collection}/build": "admin",
    "GET /api/collections/{collection}/builds": "anyone",
    "GET /api/collections/{collection}/data": "anyone",
    "GET /api/collections/{collection}/output/{file}": "anyone",
    "GET /api/account": "admin",
    "POST /api/account": "admin",
    "PATCH /api/account/{account}": "admin",
    "GET /api/audit": "moderator",
    "GET /api/data": "anyone",
    "GET /api/data/places": "anyone",
    "GET /api/data/{data}": "anyone",
    "GET /api/data/{data}/history": "anyone",
    "POST /api/data/{data}/state": "admin",
    "GET /api/data/{data}/conversions": "anyone",
    "POST /api/data/{data}/conversions": "anyone",
    "GET /api/export": "anyone",
    "POST /api/export": "author",
    "GET /api/export/{export}": "anyone",
    "GET /api/export/{export}/output/{file}": "anyone",
    "GET /api/fabric": "anyone",
    "POST /api/fabric": "admin",
    "GET /api/fabric/{layer}/output/{file}": "anyone",
    "GET /api/events": "anyone",
    "POST /api/github/event": "anyone",
    "GET /api/failure": "anyone",
    "GET /api/job": "anyone",
    "GET /api/job/error": "anyone",
    "GET /api/job/error/count": "anyone",
    "POST /api/job/{job}/review": "moderator",
    "GET /api/bulk": "viewer",
    "POST /api/bulk": "moderator",
    "GET /api/bulk/{bulk}": "viewer",
    "GET /api/job/{job}": "anyone",
    "PATCH /api/job/{job}": "service",
    "GET /api/job/{job}/state": "service",
    "POST /api/job/{job}/attempt/{attempt}/credentials": "anyone",
    "POST /api/array": "service",
    "DELETE /api/array/{array}": "service",
    "POST /api/array/{array}/child": "anyone",
    "POST /api/array/{array}/submitted": "service",
    "POST /api/array/{array}/turn": "service",
    "POST /api/job/states": "service",
    "POST /api/job/submitted": "service",
    "POST /api/job/{job}/attempt/{attempt}/inputs": "anyone",
    "POST /api/job/{job}/run-now": "author",
    "GET /api/acknowledgement": "anyone",
    "POST /api/acknowledgement": "moderator",
    "DELETE /api/acknowledgement/{acknowledgement}": "moderator",
    "POST /acknowledgements": "moderator",
    "GET /review": "anyone",
    "GET /jobs/{job}/definition.patch": "anyone",
    "POST /review/{job}": "moderator",
    "POST /acknowledgements/{acknowledgement}/end": "moderator",
    "POST /api/job/{job}/cancel": "author",
    "POST /api/job/{job}/confirm": "moderator",
    "GET /api/job/{job}/log": "anyone",
    "GET /api/job/{job}/output/{file}": "anyone",
    "GET /api/job/{job}/raw": "anyone",
    "POST /api/job/{job}/reject": "moderator",
    "POST /api/job/{job}/rerun": "author",
    "GET /api/licenses": "anyone",
    "GET /api/openapi.json": "anyone",
    "GET /api/pause": "anyone",
    "POST /api/pause": "moderator",
    "GET /api/pause/{pause}": "anyone",
    "DELETE /api/pause/{pause}": "moderator",
    "GET /api/profile": "viewer",
    "GET /api/queue": "anyone",
    "GET /api/queue/{queue}/dead": "moderator",
    "POST /api/queue/{queue}/discard": "moderator",
    "POST /api/queue/{queue}/redrive": "moderator",
    "GET /api/run": "anyone",
    "POST /api/run": "author",
    "GET /api/run/{run}": "anyone",
    "PATCH /api/run/{run}": "author",
    "GET /api/run/{run}/count": "anyone",
    "GET /api/run/{run}/events": "anyone",
    "GET /api/run/{run}/jobs": "anyone",
    "POST /api/run/{run}/jobs": "author",
    "GET /api/run/{run}/jobs/count": "anyone",
    "GET /api/cleanup": "anyone",
    "PATCH /api/cleanup": "admin",
    "POST /api/cleanup": "admin",
    "GET /api/health/sources": "anyone",
    "GET /api/job/{job}/cost": "anyone",
    "GET /api/statistics": "anyone",
    "GET /api/sources": "anyone",
    "GET /api/sources/{source}": "anyone",
    "GET /api/schedule": "anyone",
    "POST /api/schedule": "admin",
    "GET /api/schedule/{schedule_run}": "anyone",
    "GET /api/token": "viewer",
    "POST /api/token": "viewer",
    "DELETE /api/token/{token}": "viewer",
    "GET /api/webhook": "admin",
    "POST /api/webhook": "admin",
    "DELETE /api/webhook/{webhook}": "admin",
    "GET /api/webhook/{webhook}": "admin",
    "PATCH /api/webhook/{webhook}": "admin",
    "GET /api/webhook/{webhook}/deliveries": "admin",
    "POST /api/webhook/{webhook}/ping": "admin",
    "GET /api/schema": "anyone",
    "GET /api/openapi.v1.json": "anyone",
    "GET /api/health": "anyone",
    "DELETE /api/cache": "admin",
    "DELETE /api/cache/{cache_key}": "admin",
    "GET /api/job/orphaned": "admin",
    "GET /api/job/{job}/output/sample": "anyone",
    "GET /api/job/{job}/delta": "anyone",
    "GET /api/job/error/{job}": "anyone",
    "GET /api/collections/{collection}/processed": "anyone",
    "PUT /api/export/{export}": "admin",
    "GET /api/export/{export}/log": "anyone",
    "GET /api/export/{export}/output/export.zip": "anyone",
    "GET /api/login": "anyone",
    "GET /api/map": "anyone",
    "GET /api/map/features": "anyone",
    "GET /api/map/{map}": "anyone",
    "GET /api/user": "admin",
    "GET /api/user/{user}": "admin",
    "PATCH /api/user/{user}": "admin",
    "GET /error": "anyone",
    "GET /run": "anyone",
    "GET /run/{run}": "anyone",
    "GET /job": "anyone",
    "GET /job/{job}": "anyone",
    "GET /job/{job}/log": "anyone",
    "GET /job/{job}/raw": "anyone",
    "GET /export": "anyone",
    "GET /export/{export}": "anyone",
    "GET /location": "anyone",
    "GET /location/{location}": "anyone",
    "GET /data/{data}/history": "anyone",
    "GET /login": "anyone",
    "GET /login/verify": "anyone",
    "GET /login/forgot": "anyone",
    "GET /login/reset": "anyone",
    "GET /logout": "anyone",
    "GET /register": "anyone",
    "GET /profile/admin": "anyone",
    "GET /upload": "anyone",
    "GET /data": "anyone",
    "GET /data/feed.atom": "anyone",
    "GET /accounts": "admin",
    "POST /accounts": "admin",
    "GET /accounts/{account}": "admin",
    "POST /accounts/{account}": "admin",
    "POST /accounts/{account}/state": "admin",
    "GET /audit": "moderator",
    "GET /data/{data}": "anyone",
    "GET /data/{data}/compare": "anyone",
    "POST /data/{data}/conversions": "anyone",
    "POST /data/{data}/state": "admin",
    "GET /collections": "anyone",
    "POST /collections": "admin",
    "GET /collections/{collection}": "anyone",
    "POST /collections/{collection}": "admin",
    "POST /collections/{collection}/build": "admin",
    "POST /collections/{collection}/delete": "admin",
    "GET /api/upload": "author",
    "POST /api/upload": "author",
    "DELETE /api/upload/{upload}": "author",
    "GET /api/upload/{upload}": "author",
    "PUT /api/upload/{upload}/content": "author",
    "POST /api/upload/{upload}/done": "author",
    "GET /upload/{upload}/{name}": "anyone",
    "GET /api/report": "anyone",
    "GET /docs": "anyone",
    "GET /health": "anyone",
    "GET /runs/{run}/speed": "anyone",
    "GET /schedules": "anyone",
    "POST /schedules": "admin",
    "GET /schedules/{schedule_run}": "anyone",
    "GET /new-source": "author",
    "POST /new-source": "author",
    "GET /try": "author",
    "POST /try": "author",
    "GET /try/{trial}": "author",
    "GET /try/{trial}/definition.json": "author",
    "GET /try/{trial}/places.json": "author",
    "GET /uploads": "author",
    "POST /uploads/{upload}/delete": "author",
    "GET /docs/pages": "anyone",
    "GET /guide/check": "anyone",
    "GET /guide/data": "anyone",
    "GET /guide/first-hour": "anyone",
    "GET /guide/glossary": "anyone",
    "GET /docs/pages/map.json": "anyone",
    "GET /exports": "anyone",
    "POST /exports": "author",
    "POST /fabric": "admin",
    "GET /bulk": "viewer",
    "POST /bulk": "moderator",
    "GET /bulk/{bulk}": "viewer",
    "GET /dead-letters": "moderator",
    "POST /dead-letters/{queue}": "moderator",
    "GET /overview": "anyone",
    "GET /status": "anyone",
    "GET /pauses": "anyone",
    "POST /pauses": "moderator",
    "POST /pauses/{pause}/end": "moderator",
    "GET /errors": "anyone",
    "POST /errors/{job}": "moderator",
    "GET /jobs": "anyone",
    "GET /jobs/{job}": "anyone",
    "POST /jobs/{job}/run-now": "author",
    "POST /jobs/{job}/cancel": "author",
    "GET /jobs/{job}/changes": "anyone",
    "GET /jobs/{job}/changes.json": "anyone",
    "POST /jobs/{job}/confirm": "moderator",
    "GET /jobs/{job}/definition": "anyone",
    "GET /jobs/{job}/input": "anyone",
    "GET /jobs/{job}/log": "anyone",
    "POST /jobs/{job}/reject": "moderator",
    "POST /jobs/{job}/rerun": "author",
    "GET /latest/{source}/{layer}/{name}/{file}": "anyone",
    "GET /map": "anyone",
    "GET /map/places.json": "anyone",
    "GET /robots.txt": "anyone",
    "GET /sitemap.xml": "anyone",
    "GET /favicon.ico": "anyone",
    "GET /metrics": "anyone",
    "GET /profile": "viewer",
    "POST /profile/sessions/{session}/end": "viewer",
    "POST /profile/tokens": "viewer",
    "POST /profile/tokens/{token}/revoke": "viewer",
    "GET /sign-in": "anyone",
    "GET /sign-in/github": "anyone",
    "GET /sign-in/github/callback": "anyone",
    "GET /sign-in/link": "anyone",
    "POST /sign-in/link": "anyone",
    "POST /sign-in/mail": "anyone",
    "POST /sign-out": "anyone",
    "POST /sign-out/everywhere": "viewer",
    "GET /search": "anyone",
    "GET /sources": "anyone",
    "GET /sources/{source}": "anyone",
    "GET /runs": "anyone",
    "GET /runs/{run}": "anyone",
    "GET /static/{version}/{file}": "anyone",
    "GET /webhooks": "admin",
    "POST /webhooks": "admin",
    "GET /webhooks/{webhook}": "admin",
    "POST /webhooks/{webhook}/ping": "admin",
    "POST /webhooks/{webhook}/remove": "admin",
    "POST /webhooks/{webhook}/secret": "admin",
    "POST /webhooks/{webhook}/state": "admin",
}

# The outcome for each caller at an endpoint of each lowest role: permitted, or refused with a status.
COLUMNS = ("anyone", "viewer", "author", "moderator", "admin", "service")
# fmt: off
OUTCOMES = {
    "nobody":                        ("in", 401, 401, 401, 401, 401),
    "viewer's token":                ("in", "in", 403, 403, 403, 403),
    "author's token":                ("in", "in", "in", 403, 403, 403),
    "moderator's token":             ("in", "in", "in", "in", 403, 403),
    "admin's token":                 ("in", "in", "in", "in", "in", 403),
    "admin's token for viewing":     ("in", "in", 403, 403, 403, 403),
    "demoted admin's token":         ("in", "in", 403, 403, 403, 403),
    "viewer's session":              ("in", "in", 403, 403, 403, 403),
    "author's session":              ("in", "in", "in", 403, 403, 403),
    "moderator's session":           ("in", "in", "in", "in", 403, 403),
    "admin's session":               ("in", "in", "in", "in", "in", 403),
    "the secret":                    ("in", "in", "in", "in", "in", "in"),
    "the secret of before":          ("in", "in", "in", "in", "in", "in"),
    "expired token":                 (401, 401, 401, 401, 401, 401),
    "token that never was":          (401, 401, 401, 401, 401, 401),
    "secret as a token":             (401, 401, 401, 401, 401, 401),
    "disabled admin's token":        (401, 401, 401, 401, 401, 401),
    "wrong secret":                  (401, 401, 401, 401, 401, 401),
    "wrong secret with a good token":(401, 401, 401, 401, 401, 401),
    "disabled admin's session":      ("in", 401, 401, 401, 401, 401),
    "idle session":                  ("in", 401, 401, 401, 401, 401),
    "old session":                   ("in", 401, 401, 401, 401, 401),
    "session that never was":        ("in", 401, 401, 401, 401, 401),
}
# fmt: on
# A session without the token of its own page: every change is refused.
WITHOUT_PROOF = {
    "admin's session without proof": ("in", "in", "in", "in", "in", 403),
    "admin's session, proof of another": ("in", "in", "in", "in", "in", 403),
    "admin's session from another site": ("in", "in", "in", "in", "in", 403),
    # Reads are open to scripts of every site, without the rights of the session.
    "admin's session from another origin": ("in", 401, 401, 401, 401, 401),
}
# A read that is open to everyone ignores them; the header `Warning` states that.
UNKNOWN_TOKENS = ("expired token", "token that never was", "secret as a token", "disabled admin's token")
# It never answers 401: the web application of openaddresses/batch would reload its page without end.
FORBIDS_ANONYMOUS = "GET /api/login"
ANONYMOUS_CALLERS = (
    *("nobody", "disabled admin's session", "idle session", "old session", "session that never was"),
    *("admin's session from another origin", *UNKNOWN_TOKENS),
)
FILLED = {"queue": "jobs", "file": "a", "layer": "addresses"}
ROLES = ("viewer", "author", "moderator", "admin")


def proof(secret: str) -> str:
    """Return the token that a page of the session or visit with this secret would send."""
    no_mask = "00" * hashlib.sha256().digest_size
    return no_mask + hmac.new(secret.encode(), b"oa-csrf-1", hashlib.sha256).hexdigest()


@dataclass
class Callers:
    """All kinds of callers; each request has a new session, because some requests end it."""

    api: RunningApi
    accounts: dict[str, int]
    _known: dict[str, dict[str, str]] = field(default_factory=lambda: {"nobody": {}})

    async def headers(self, caller: str) -> dict[str, str]:
        kinds = {
            "the secret": {"secret": SECRET},
            "the secret of before": {"secret": PREVIOUS_SECRET},
            "wrong secret": {"secret": SECRET[:-1]},
            "token that never was": bearer(new_api_token()),
            "secret as a token": bearer(SECRET),
            "session that never was": session(new_secret()),
        }
        visit = new_secret()
        own_page = {"X-CSRF-Token": proof(visit), "Cookie": f"oa_anonymous={visit}"}
        made = kinds.get(caller) or self._known.get(caller)
        if made is None and "session" in caller:
            made = await self._session(caller)
        elif made is None:
            made = self._known[caller] = await self._token(caller)
        if "Cookie" in made:
            made["Cookie"] += f"; {own_page['Cookie']}"
        return {**own_page, **made}

    async def _token(self, caller: str) -> dict[str, str]:
        special = {
            "admin's token for viewing": ("admin", "viewer"),
            "demoted admin's token": ("viewer", "admin"),
            "disabled admin's token": ("disabled", "admin"),
            "expired token": ("admin", "admin"),
            "wrong secret with a good token": ("admin", "admin"),
        }
        word = caller.partition("'")[0]
        account, role = special.get(caller, (word, word))
        token = new_api_token()
        values = {"account": self.accounts[account], "digest": digest(token), "role": role}
        values["life"] = "-1 s" if caller == "expired token" else "1 h"
        await self.api.database.execute(
            "INSERT INTO api_token (account_id, digest, name, role, expires_at) "
            "VALUES (%(account)s, %(digest)s, 'a', %(role)s, now() + %(life)s::interval)",
            values,
        )
        return bearer(token) | ({"secret": "x"} if "secret" in caller else {})

    async def _session(self, caller: str) -> dict[str, str]:
        word = caller.partition("'")[0] if "'" in caller else "admin"
        secret = new_secret()
        ages = {"idle session": ("15 d", "15 d"), "old session": ("61 d", "0")}
        made, seen = ages.get(caller, ("0", "0"))
        values = {"account": self.accounts[word.removesuffix(" admin")], "digest": digest(secret)}
        await self.api.database.execute(
            "INSERT INTO session (account_id, digest, created_at, seen_at) "
            "VALUES (%(account)s, %(digest)s, now() - %(made)s::interval, now() - %(seen)s::interval)",
            {**values, "made": made, "seen": seen},
        )
        return {**session(secret), **self._proof(caller, secret)}

    @staticmethod
    def _proof(caller: str, secret: str) -> dict[str, str]:
        if caller.endswith("without proof"):
            return {"X-CSRF-Token": ""}
        if caller.endswith("proof of another"):
            return {"X-CSRF-Token": proof(new_secret())}
        if caller.endswith("another site"):
            return {"X-CSRF-Token": proof(secret), "Sec-Fetch-Site": "cross-site"}
        if caller.endswith("another origin"):
            return {"X-CSRF-Token": proof(secret), "Origin": "https://evil.example"}
        if caller in {"idle session", "old session", "disabled admin's session"}:
            # before sign-in: the page with the form had the token of the anonymous session
            return {}
        return {"X-CSRF-Token": proof(secret)}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def session(secret: str) -> dict[str, str]:
    return {"Cookie": f"oa_session={secret}"}


@pytest.fixture(scope="module")
def shared_database_url(postgres: Postgres, migrated_template: str) -> Iterator[str]:
    yield postgres.create("permissions", template=migrated_template)
    postgres.drop("permissions")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def api(shared_database_url: str) -> AsyncIterator[RunningApi]:
    queues = {name: QueuePair(ImpatientQueue(), ImpatientQueue()) for name in ("jobs", "results")}
    async with running_api(shared_database_url, queues=queues) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def callers(api: RunningApi) -> Callers:
    accounts = {}
    for name, role in (*zip(ROLES, ROLES, strict=True), ("disabled", "admin")):
        statement = "INSERT INTO account (login, role) VALUES (%(name)s, %(role)s)"
        await api.database.execute(statement, {"name": name, "role": role})
        row = await api.database.first("SELECT id FROM account WHERE login = %(name)s", {"name": name})
        accounts[name] = row["id"] if row else 0
    await api.database.execute("UPDATE account SET disabled_at = now() WHERE login = 'disabled'")
    return Callers(api, accounts)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that keeps no cookies."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        yield client


def address(route: Route) -> str:
    return re.sub(r"\{(\w+)[^{}]*\}", lambda found: FILLED.get(found[1], "999"), route.path)


async def outcome(web: aiohttp.ClientSession, api: RunningApi, route: Route, headers: dict[str, str]) -> str | int:
    """Return how a request ends: a page redirects an anonymous caller to sign-in, which is its 401."""
    is_page = not route.path.startswith("/api")
    accept = {"Accept": "text/html"} if is_page else {}
    body: dict[str, object] = {} if route.method == "GET" else {"data": {}} if is_page else {"json": {}}
    url = api.client.make_url(address(route))
    async with web.request(route.method, url, headers={**accept, **headers}, allow_redirects=False, **body) as answer:  # type: ignore[arg-type] # data or json
        if answer.headers.get("Location", "").startswith("/sign-in?next="):
            return 401
        is_fault = answer.status in {401, 403, 500}
        return answer.status if is_fault else "in"


def endpoint_name(route: Route) -> str:
    return f"{route.method} {route.path}"


async def test_table_has_exactly_the_endpoints() -> None:
    assert sorted(LOWEST) == sorted(map(endpoint_name, ROUTES)), "LOWEST of this file"


@pytest.mark.parametrize("route", ROUTES, ids=endpoint_name)
async def test_endpoint_permits_the_callers_of_the_table(
    api: RunningApi, callers: Callers, web: aiohttp.ClientSession, route: Route
) -> None:
    column = COLUMNS.index(LOWEST[endpoint_name(route)])
    expected = {caller: row[column] for caller, row in OUTCOMES.items()}
    for caller, row in WITHOUT_PROOF.items():
        expected[caller] = row[column] if route.method == "GET" else 403
    if route.method == "GET" and column == 0:
        expected |= dict.fromkeys(UNKNOWN_TOKENS, "in")
    if endpoint_name(route) == FORBIDS_ANONYMOUS:
        expected |= dict.fromkeys(ANONYMOUS_CALLERS, 403)
    found = {caller: await outcome(web, api, route, await callers.headers(caller)) for caller in expected}
    assert found == expected


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"secret": ""}, 401),
        ({"secret": "é"}, 401),
        ({"secret": "x", "shared-secret": SECRET}, 401),
        ({"shared-secret": SECRET}, 422),
        ({"Shared-Secret": PREVIOUS_SECRET}, 422),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "bearer oa_é"}, 401),
        ({"Authorization": "Basic YTpi"}, 401),
        ({"Cookie": "oa_session="}, 401),
        ({"Cookie": f"oa_session={'x' * 5000}"}, 401),
    ],
)
async def test_unusual_credentials_have_their_status(api: RunningApi, headers: dict[str, str], status: int) -> None:
    response = await api.client.patch("/api/job/1", json={}, headers=headers)
    assert response.status == status


async def test_token_of_an_attempt_is_shown_only_with_the_secret(
    api: RunningApi, callers: Callers, web: aiohttp.ClientSession
) -> None:
    job = await api.job()
    listed = (await api.get("/api/job", **INTERNAL))["jobs"][0]
    assert len(job["token"]) == 32
    assert listed["token"] == job["token"]
    for caller in ("nobody", "admin's token", "admin's session"):
        for path in (f"/api/job/{job['id']}", "/api/job", f"/api/run/{job['run']}/jobs"):
            url = api.client.make_url(path)
            async with web.get(url, headers=await callers.headers(caller)) as response:
                assert job["token"] not in await response.text()
