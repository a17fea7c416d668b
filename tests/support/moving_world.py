"""Something of each kind that clients of openaddresses/batch ask for: jobs with files, products, accounts, reviews."""

import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from support.accounts import account, call, token
from support.finished_jobs import GOOD, fail, make_jobs, succeed
from support.product_jobs import build
from support.running_api import RunningApi, definition

VERSION_1 = "application/vnd.openaddresses.v1+json"
FEATURES = [
    {"type": "Feature", "properties": {"number": str(number)}, "geometry": {"type": "Point", "coordinates": [1, 1]}}
    for number in range(30)
]
FILES = (
    "source.parquet",
    "cache.zip",
    "source.png",
    "source.pmtiles",
    "validated.geojson.gz",
    "sample.json",
    "changes.jsonl.gz",
)
LOG = '{"timestamp": "2026-11-24T12:00:00.5Z", "level": "info", "event": "source_downloaded", "bytes": 10}\nnot JSON\n'


@dataclass
class MovingWorld:
    """A running API with something of each kind; `ids` fill the places of paths and bodies such as `{job}`."""

    api: RunningApi
    admin: dict[str, str]
    ids: dict[str, Any] = field(default_factory=dict)

    def fill(self, value: Any) -> Any:
        """Return a path or a body with its IDs."""
        if isinstance(value, dict):
            return {name: self.fill(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if not isinstance(value, str):
            return value
        if value.startswith("{") and value[1:-1] in self.ids:
            return self.ids[value[1:-1]]
        for name, item in self.ids.items():
            value = value.replace(f"{{{name}}}", str(item))
        return value


@asynccontextmanager
async def moving_world(api: RunningApi) -> AsyncIterator[MovingWorld]:
    """Fill an API whose database is empty, and serve two definitions."""
    app = web.Application()
    app.router.add_get("/sources/xx/{name}.json", _get_definition)
    async with TestServer(app) as sources:
        world = MovingWorld(api, await _add_people(api))
        world.ids["source"] = str(sources.make_url("/sources/xx/served.json"))
        world.ids["other_source"] = str(sources.make_url("/sources/xx/other.json"))
        await _add_jobs(world)
        await _add_products(world)
        admin = await api.database.first("SELECT id FROM account WHERE login = 'ada'")
        for name in ("token", "other_token"):
            body = {"name": name, "role": "viewer", "days": 1, "account": admin["id"] if admin else 0}
            world.ids[name] = (await call(api, "POST", "/api/token", body)).json["id"]
        world.ids["user"] = await account(api, "grace")
        yield world


async def _get_definition(_request: web.Request) -> web.Response:
    return web.json_response(definition("town"))


async def _add_people(api: RunningApi) -> dict[str, str]:
    await account(api, "ada", "admin", email="ada@example.org")
    return await token(api, "ada", "admin")


async def _add_jobs(world: MovingWorld) -> None:
    api, ids = world.api, world.ids
    (job,) = await make_jobs(api, "xx/town")
    await _store_files(api, job)
    await succeed(api, job, outputs=_outputs(job))
    ids["job"], ids["run"] = job, (await api.get(f"/api/job/{job}"))["run"]
    ids["map"] = ids["data"] = (await api.get("/api/data"))["data"][0]["id"]
    for name in ("job_in_review", "other_job_in_review"):
        source = f"xx/{name}"
        (published,) = await make_jobs(api, source)
        await succeed(api, published)
        (job_in_review,) = await make_jobs(api, source)
        await succeed(api, job_in_review, **{**GOOD, "count": 10, "valid": 10})
        ids[name] = job_in_review
    for name in ("failed_job", "other_failed_job", "never"):
        (failed,) = await make_jobs(api, f"xx/{name}")
        await fail(api, failed)
        ids[name] = failed
    ids["open_run"] = await api.run()


async def _store_files(api: RunningApi, job: int) -> None:
    prefix = f"job/{job}/attempt-1/"
    lines = "".join(f"{json.dumps(feature)}\n" for feature in FEATURES)
    await api.storage.put_bytes(f"{prefix}source.geojson.gz", gzip.compress(lines.encode()), "application/gzip")
    for name in FILES:
        await api.storage.put_bytes(prefix + name, b"{}", "application/octet-stream")
    await api.storage.put_bytes(f"{prefix}log.jsonl", LOG.encode(), "application/jsonl")


def _outputs(job: int) -> dict[str, Any]:
    names = ("source.geojson.gz", *FILES)
    return {name: {"key": f"job/{job}/attempt-1/{name}", "bytes": 1000, "sha256": "0" * 64} for name in names}


async def _add_products(world: MovingWorld) -> None:
    api, ids = world.api, world.ids
    for name in ("collection", "spare_collection", "other_collection"):
        body = {"name": name.replace("_", "-"), "display_name": name, "sources": ["xx/**"]}
        ids[name] = (await call(api, "POST", "/api/collections", body)).json["id"]
    built = (await call(api, "POST", f"/api/collections/{ids['collection']}/build", {})).json["job"]
    await build(api, built, "collection.geojson.zip", "collection-deduplicated.geojson.zip")
    for name in ("export", "ended_export"):
        ids[name] = (await call(api, "POST", "/api/export", {"job": ids["job"], "format": "csv"})).json["id"]
    ended = (await api.get(f"/api/export/{ids['ended_export']}"))["job"]
    await build(api, ended, "export.csv.gz")


async def request_in_form(
    world: MovingWorld, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, Any, dict[str, str]]:
    """Send a request and return the status, the JSON or the bytes of the response, and its headers."""
    sent = {"json": body} if body is not None else {}
    async with world.api.client.request(method, path, headers=headers, allow_redirects=False, **sent) as response:
        raw = await response.read()
        is_json = "json" in response.content_type and not response.content_type.endswith("jsonl")
        return response.status, json.loads(raw) if is_json and raw else raw, dict(response.headers)
