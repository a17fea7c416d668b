"""A small server in the form of openaddresses/batch: its list of data as an array, its jobs, its files."""

import gzip
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

_UPDATED_MS = 1_795_000_000_000


@dataclass
class PresentSystem:
    """What it has published; `files` are the bytes of `source.geojson.gz` by job."""

    url: str = ""
    data: list[dict[str, Any]] = field(default_factory=list)
    jobs: dict[int, dict[str, Any]] = field(default_factory=dict)
    files: dict[int, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def publish(
        self, source: str, features: Sequence[Mapping[str, Any]], *, layer: str = "addresses", name: str = "city"
    ) -> int:
        """Publish features and return the ID of their job."""
        job = 900 + len(self.jobs)
        output = {"cache": True, "output": True, "preview": True}
        common = {"layer": layer, "name": name, "output": output, "s3": f"s3://bucket/prod/job/{job}/source.geojson.gz"}
        self.data.append({"id": job, "source": source, "job": job, "updated": _UPDATED_MS, "size": 1, **common})
        ring = [[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]
        self.jobs[job] = {
            "id": job,
            "run": 1,
            "map": None,
            "created": _UPDATED_MS,
            "status": "Success",
            "version": "3.0.0",
            "source_name": source,
            "count": len(features),
            "bounds": {"type": "Polygon", "coordinates": [ring]},
            "stats": {},
            "license": False,
            "loglink": None,
            "size": 1,
            **common,
        }
        self.files[job] = gzip.compress("".join(json.dumps(item) + "\n" for item in features).encode())
        return job


@asynccontextmanager
async def present_system() -> AsyncIterator[PresentSystem]:
    """Serve a system that has published nothing yet."""
    system = PresentSystem()

    async def list_data(request: web.Request) -> web.Response:
        system.requests.append(request.path)
        return web.json_response(system.data)

    async def get_job(request: web.Request) -> web.Response:
        system.requests.append(request.path)
        return web.json_response(system.jobs[int(request.match_info["job"])])

    async def get_file(request: web.Request) -> web.Response:
        system.requests.append(request.path)
        return web.Response(body=system.files[int(request.match_info["job"])], content_type="application/gzip")

    app = web.Application()
    app.router.add_get("/api/data", list_data)
    app.router.add_get("/api/job/{job}", get_job)
    app.router.add_get("/files/job/{job}/source.geojson.gz", get_file)
    async with TestServer(app, host="127.0.0.1", port=0) as server:
        system.url = str(server.make_url("")).rstrip("/")
        yield system
