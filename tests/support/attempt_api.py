"""The API as the container of attempt 1 of job 7 sees it: it answers, fails, refuses, or is of the previous version."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_task.job.settings import JobSettings

TOKEN = "0123456789abcdef0123456789abcdef"


@dataclass
class AttemptApi:
    """`statuses` answer the next requests in turn, the last one all that follow; keys are valid for `valid_s`."""

    statuses: list[int] = field(default_factory=lambda: [200])
    valid_s: int = 3600
    issues: bool = True
    requests: int = 0
    url: str = ""
    redirect: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    signed: list[list[str]] = field(default_factory=list)

    def settings(self, **more: float) -> JobSettings:
        """Return the settings of a container of this API."""
        return JobSettings(7, 1, TOKEN, "addresses", "city", self.url, "bucket", "queue", **more)  # type: ignore[arg-type]

    async def post_credentials(self, request: web.Request) -> web.Response:
        """Answer as the API does."""
        assert (await request.json())["token"] == TOKEN
        self.requests += 1
        keys = {"access_key_id": f"A{self.requests}", "secret_access_key": "s", "session_token": "t"}
        credentials = {**keys, "valid_s": self.valid_s} if self.issues else None
        return self._answer({"job": 7, "attempt": 1, "credentials": credentials})

    async def post_inputs(self, request: web.Request) -> web.Response:
        """Answer with URLs of this server."""
        self.requests += 1
        keys = (await request.json())["keys"]
        self.signed.append(keys)
        inputs = [{"key": key, "url": f"{self.url}file/{quote(key)}?sign%2Fature={len(self.signed)}"} for key in keys]
        return self._answer({"job": 7, "inputs": inputs})

    async def get_file(self, request: web.Request) -> web.Response:
        """Answer with an object if the signature arrives as it was written."""
        key = request.match_info["key"]
        if key not in self.objects or "sign%2Fature" not in request.raw_path:
            return web.Response(status=403)
        return web.Response(body=self.objects[key])

    def _answer(self, body: object) -> web.Response:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        headers = {"Location": self.redirect or self.url} if status == 307 else {}
        return web.json_response(body if status == 200 else {"detail": "no"}, status=status, headers=headers)


@asynccontextmanager
async def attempt_api(**about: object) -> AsyncIterator[AttemptApi]:
    """Serve the API of one attempt on loopback."""
    api = AttemptApi(**about)  # type: ignore[arg-type]
    app = web.Application()
    app.router.add_post("/api/job/7/attempt/1/credentials", api.post_credentials)
    app.router.add_post("/api/job/7/attempt/1/inputs", api.post_inputs)
    app.router.add_get("/file/{key:.+}", api.get_file)
    async with TestServer(app, host="127.0.0.1") as server:
        api.url = str(server.make_url("/"))
        yield api
