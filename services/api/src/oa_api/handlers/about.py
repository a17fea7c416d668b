"""Health, version, metrics, documents, and the page."""

import json
from typing import Any

from aiohttp import web
from prometheus_client import REGISTRY, generate_latest

from oa_api.background.heartbeat import CONSUMER, RELAY, SWEEP
from oa_api.openapi import document
from oa_api.page import overview
from oa_api.representation import plain
from oa_api.services import DATABASE, SETTINGS
from oa_api.store.errors import StoreError
from oa_api.store.queries import queries

VERSION = "1.0.0"
_SQL = queries("relay")


async def get_root(request: web.Request) -> web.Response:
    """Return the page to a browser, and to everybody else whether all duties are alive."""
    if "text/html" in request.headers.get("Accept", ""):
        return await overview(request)
    problems, heartbeats = await _health(request)
    body = {"status": "ok" if not problems else "unhealthy", "problems": problems, "duties": heartbeats}
    return web.json_response(body, status=503 if problems else 200)


async def get_version(_request: web.Request) -> web.Response:
    """Return the version of the API."""
    return web.json_response({"version": VERSION})


async def get_metrics(request: web.Request) -> web.Response:
    """Return Prometheus metrics."""
    lines = generate_latest(REGISTRY).decode()
    row = await request.app[DATABASE].first(_SQL["oldest_unsent"])
    lines += f"oa_outbox_waiting {row['waiting'] if row else 0}\noa_outbox_age_s {(row or {}).get('age_s') or 0}\n"
    return web.Response(text=lines, content_type="text/plain")


async def get_openapi(_request: web.Request) -> web.Response:
    """Return the OpenAPI 3.1 document."""
    return web.json_response(document(VERSION), dumps=lambda value: json.dumps(value, indent=1))


async def _health(request: web.Request) -> tuple[list[str], dict[str, Any]]:
    try:
        rows = await request.app[DATABASE].all(_SQL["heartbeats"])
    except StoreError as error:
        return [f"the database does not answer: {error.detail}"], {}
    silent_s = request.app[SETTINGS].duty_silent_s
    ages = {row["name"]: row["age_s"] for row in rows}
    problems = [
        f"{name} has not worked for {ages[name]:.0f} s" if name in ages else f"{name} has never worked"
        for name in (RELAY, CONSUMER, SWEEP)
        if ages.get(name, silent_s + 1) > silent_s
    ]
    return problems, {row["name"]: plain({"at": row["at"], "age_s": round(row["age_s"], 1)}) for row in rows}
