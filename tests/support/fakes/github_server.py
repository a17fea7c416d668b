"""GitHub's REST API over HTTP, as far as it is used: the shapes are GitHub's, the data is the test's."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from support.fakes.github_model import APP_ID, GitHubModel, PullRequest

INSTALLATION = 99
_MOST_COMPARED = 300
_MOST_COMMENT = 65_536


@cache
def app_key() -> rsa.RSAPrivateKey:
    """Return the key of the App, generated once for all tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def app_key_pem() -> str:
    """Return the key as PEM, like GitHub issues it."""
    return app_key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@dataclass
class Fault:
    """The response to the next requests in place of the normal one; `when` selects them by method and path."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    when: Callable[[str, str], bool] = lambda _method, _path: True
    after: bool = False
    message: str = "no"


class GitHubServer:
    """Answers from a model. `requests` lists all requests, `faults` breaks some of them."""

    def __init__(self, model: GitHubModel, *, token_valid_s: float = 3600, page_size: int = 100) -> None:
        self.model = model
        self.requests: list[tuple[str, str]] = []
        self.faults: list[Fault] = []
        self.tokens: dict[str, float] = {}
        self.url = ""
        self.slow_s = 0.0
        self._token_valid_s = token_valid_s
        self._page_size = page_size

    def count(self, method: str, part: str) -> int:
        """Return the number of requests with this method and `part` in their path."""
        return sum(requested == method and part in path for requested, path in self.requests)

    def forget(self, model: GitHubModel) -> None:
        """Serve another model of the same repository, without recorded requests or faults."""
        self.model = model
        self.requests.clear()
        self.faults.clear()
        self.slow_s = 0.0

    def revoke(self) -> None:
        """Make every token invalid."""
        self.tokens.clear()

    @asynccontextmanager
    async def serve(self) -> AsyncIterator["GitHubServer"]:
        """Listen on loopback."""
        app = web.Application(middlewares=[self._middleware], client_max_size=1 << 24)
        repo = f"/repos/{self.model.name}"
        app.router.add_get(f"{repo}/installation", self._installation)
        app.router.add_post("/app/installations/{id}/access_tokens", self._access_token)
        app.router.add_get(repo, self._repository)
        app.router.add_get(repo + "/branches/{branch}", self._branch)
        app.router.add_get(repo + "/pulls/{number}", self._pull)
        app.router.add_get(repo + "/compare/{range}", self._compare)
        app.router.add_get(repo + "/contents/{path:.+}", self._contents)
        app.router.add_get(repo + "/git/trees/{sha}", self._tree)
        app.router.add_get(repo + "/commits/{sha}/check-runs", self._check_runs)
        app.router.add_post(f"{repo}/check-runs", self._create_check_run)
        app.router.add_patch(repo + "/check-runs/{id}", self._update_check_run)
        app.router.add_get(repo + "/issues/{number}/comments", self._comments)
        app.router.add_post(repo + "/issues/{number}/comments", self._create_comment)
        app.router.add_patch(repo + "/issues/comments/{id}", self._update_comment)
        async with TestServer(app, host="127.0.0.1") as server:
            self.url = str(server.make_url("")).rstrip("/")
            yield self

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append((request.method, request.path))
        await asyncio.sleep(self.slow_s)
        fault = next((f for f in self.faults if f.times > 0 and f.when(request.method, request.path)), None)
        if fault is not None:
            fault.times -= 1
            if fault.after:
                await handler(request)
            return web.json_response({"message": fault.message}, status=fault.status, headers=fault.headers)
        self._authenticate(request)
        response: web.StreamResponse = await handler(request)
        return response

    def _authenticate(self, request: web.Request) -> None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or not request.headers.get("User-Agent"):
            raise web.HTTPUnauthorized
        if request.path.startswith("/app/") or request.path.endswith("/installation"):
            self._check_proof(token)
        elif self.tokens.get(token, 0) < time.time():
            raise web.HTTPUnauthorized

    def _check_proof(self, token: str) -> None:
        try:
            claims = jwt.decode(token, app_key().public_key(), algorithms=["RS256"])
        except jwt.InvalidTokenError as error:
            raise web.HTTPUnauthorized from error
        if claims["iss"] != APP_ID or claims["exp"] - claims["iat"] > 660:
            raise web.HTTPUnauthorized

    async def _installation(self, _request: web.Request) -> web.Response:
        return web.json_response({"id": INSTALLATION, "app_id": int(APP_ID)})

    async def _access_token(self, _request: web.Request) -> web.Response:
        token = f"ghs_{len(self.tokens)}_{time.time_ns()}"
        self.tokens[token] = time.time() + self._token_valid_s
        expires = datetime.now(UTC) + timedelta(seconds=self._token_valid_s)
        return web.json_response({"token": token, "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ")}, status=201)

    async def _repository(self, _request: web.Request) -> web.Response:
        return web.json_response({"full_name": self.model.name, "default_branch": self.model.default_branch})

    async def _branch(self, request: web.Request) -> web.Response:
        if request.match_info["branch"] != self.model.default_branch:
            raise web.HTTPNotFound
        return web.json_response({"name": self.model.default_branch, "commit": {"sha": self.model.head}})

    async def _pull(self, request: web.Request) -> web.Response:
        pull = self.model.pulls.get(int(request.match_info["number"]))
        if pull is None:
            raise web.HTTPNotFound
        return web.json_response(pull_shape(self.model, pull))

    async def _compare(self, request: web.Request) -> web.Response:
        base, _, head = request.match_info["range"].partition("...")
        if base not in self.model.commits or head not in self.model.commits:
            raise web.HTTPNotFound
        merge_base = self.model.merge_base(base, head)
        files = self._join_renamed(
            [self._file_shape(path, merge_base, head) for path in self.model.list_changes(merge_base, head)]
        )
        return web.json_response({"merge_base_commit": {"sha": merge_base}, "files": files[:_MOST_COMPARED]})

    def _join_renamed(self, files: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Show a removed and an added file with the same content as one renamed file, like GitHub."""
        gone = {file["sha"]: file["filename"] for file in files if file["status"] == "removed"}
        moved = {gone[file["sha"]] for file in files if file["status"] == "added" and file["sha"] in gone}
        joined = [
            {**file, "status": "renamed", "previous_filename": gone[file["sha"]]}
            if file["status"] == "added" and file["sha"] in gone
            else file
            for file in files
        ]
        return [file for file in joined if file["filename"] not in moved]

    def _file_shape(self, path: str, base: str, head: str) -> dict[str, Any]:
        before, after = self.model.commits[base].files, self.model.commits[head].files
        status = "removed" if path not in after else "modified" if path in before else "added"
        return {"filename": path, "status": status, "sha": _blob(after.get(path, before.get(path, "")))}

    async def _contents(self, request: web.Request) -> web.Response:
        commit, path = self.model.commits.get(request.query["ref"]), request.match_info["path"]
        if commit is None or path not in commit.files:
            raise web.HTTPNotFound
        if request.headers["Accept"] != "application/vnd.github.raw+json":
            raise web.HTTPUnsupportedMediaType
        return web.Response(body=_bytes(commit.files[path]), content_type="application/vnd.github.raw+json")

    async def _tree(self, request: web.Request) -> web.Response:
        sha = request.match_info["sha"]
        if sha in self.model.commits:
            return web.json_response({"tree": [{"path": "sources", "type": "tree", "sha": f"tree-{sha}"}]})
        files = self.model.commits[sha.removeprefix("tree-")].files
        tree = [
            {"path": path.removeprefix("sources/"), "type": "blob", "sha": _blob(text)}
            for path, text in files.items()
            if path.startswith("sources/")
        ]
        return web.json_response({"tree": tree, "truncated": False})

    async def _check_runs(self, request: web.Request) -> web.Response:
        sha, name = request.match_info["sha"], request.query.get("check_name")
        found = [
            self._check_run_shape(run)
            for run in self.model.check_runs.values()
            if run["head_sha"] == sha and run["name"] == name
        ]
        return self._page(request, found, within="check_runs")

    async def _create_check_run(self, request: web.Request) -> web.Response:
        body = await request.json()
        run_id = self.model.next_id()
        self.model.check_runs[run_id] = {"id": run_id, **body}
        self.model.annotations[run_id] = []
        return web.json_response(self._check_run_shape(self.model.check_runs[run_id]), status=201)

    async def _update_check_run(self, request: web.Request) -> web.Response:
        run_id, body = int(request.match_info["id"]), await request.json()
        if run_id not in self.model.check_runs:
            raise web.HTTPNotFound
        output = body.get("output") or {}
        annotations = output.pop("annotations", [])
        if len(annotations) > 50 or len(output.get("summary", "")) > _MOST_COMMENT or not output.get("title"):
            raise web.HTTPUnprocessableEntity
        if self.model.check_runs[run_id].get("status") == "completed" and body.get("status") == "in_progress":
            raise web.HTTPUnprocessableEntity
        self.model.check_runs[run_id].update(body)
        self.model.annotations[run_id] += annotations
        return web.json_response(self._check_run_shape(self.model.check_runs[run_id]))

    def _check_run_shape(self, run: dict[str, Any]) -> dict[str, Any]:
        output = {**(run.get("output") or {}), "annotations_count": len(self.model.annotations[run["id"]])}
        return {**run, "output": output, "app": {"id": int(APP_ID)}}

    async def _comments(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        return self._page(request, [c for c in self.model.comments.values() if c["pull"] == number])

    async def _create_comment(self, request: web.Request) -> web.Response:
        body = (await request.json())["body"]
        if len(body) > _MOST_COMMENT:
            raise web.HTTPUnprocessableEntity
        made = {"id": self.model.next_id(), "pull": int(request.match_info["number"]), "body": body}
        made |= {"user": {"login": "oa[bot]"}, "performed_via_github_app": {"id": int(APP_ID)}}
        self.model.comments[made["id"]] = made
        return web.json_response(made, status=201)

    async def _update_comment(self, request: web.Request) -> web.Response:
        comment = self.model.comments.get(int(request.match_info["id"]))
        if comment is None:
            raise web.HTTPNotFound
        comment["body"] = (await request.json())["body"]
        return web.json_response(comment)

    def _page(self, request: web.Request, items: list[Any], *, within: str = "") -> web.Response:
        page = int(request.query.get("page", 1))
        start = (page - 1) * self._page_size
        shown = items[start : start + self._page_size]
        headers = {}
        if start + self._page_size < len(items):
            headers["Link"] = f'<{request.url.update_query(page=page + 1)}>; rel="next"'
        return web.json_response({within: shown} if within else shown, headers=headers)


def pull_shape(model: GitHubModel, pull: PullRequest) -> dict[str, Any]:
    """Return a pull request in the shape of the API and the events."""
    repo = {"full_name": pull.head_repository} if pull.head_repository else None
    return {
        "number": pull.number,
        "state": pull.state,
        "merged": pull.merged,
        "merge_commit_sha": pull.merge_commit,
        "updated_at": pull.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "user": {"login": pull.author},
        "author_association": pull.association,
        "head": {"sha": pull.head_sha, "repo": repo},
        "base": {"sha": pull.base_sha, "ref": pull.base_ref, "repo": {"default_branch": model.default_branch}},
    }


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _blob(text: str | bytes) -> str:
    return hashlib.sha1(_bytes(text), usedforsecurity=False).hexdigest()


def as_json(definition: Any) -> str:
    """Return a definition as formatted JSON."""
    return json.dumps(definition, indent=4, ensure_ascii=False) + "\n"
