"""One repository on GitHub: what is read of it and what is written to it."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from oa_api.github.errors import GitHubRefusedError
from oa_api.pull_requests.client import GitHubClient

MAX_FILE_BYTES = 2 * 1024 * 1024
SOURCES = "sources"
# GitHub names no more files than that in a comparison, however many pages are asked for.
_MOST_COMPARED = 300


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request as it is now; `has_landed` when it was merged into the default branch."""

    number: int
    head_sha: str
    base_sha: str
    author: str
    is_open: bool
    has_landed: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Comparison:
    """What leads from a commit to another: the files that differ since the commit from which both come."""

    merge_base: str
    paths: tuple[str, ...]


class Repository:
    """Every method raises GitHubUnavailableError, or GitHubRefusedError for what GitHub will not do."""

    def __init__(self, client: GitHubClient, name: str) -> None:
        self._client = client
        self.name = name
        self._root = f"/repos/{quote(name)}"

    async def pull(self, number: int) -> Pull:
        """Return a pull request."""
        found = await self._client.get(f"{self._root}/pulls/{number}")
        base = found["base"]
        return Pull(
            number=number,
            head_sha=found["head"]["sha"],
            base_sha=base["sha"],
            author=(found["user"] or {}).get("login", ""),
            is_open=found["state"] == "open",
            has_landed=bool(found["merged"]) and base["ref"] == base["repo"]["default_branch"],
            updated_at=datetime.fromisoformat(found["updated_at"]),
        )

    async def head(self) -> str:
        """Return the newest commit of the default branch."""
        branch = (await self._client.get(self._root))["default_branch"]
        found = await self._client.get(f"{self._root}/branches/{quote(branch, safe='')}")
        return str(found["commit"]["sha"])

    async def compare(self, base: str, head: str) -> Comparison:
        """Return the paths that differ; a moved file is there under both of its names."""
        # All files come with the first page, however few commits it has.
        found = await self._client.get(f"{self._root}/compare/{base}...{head}", per_page="1")
        merge_base, files = found["merge_base_commit"]["sha"], found["files"]
        if len(files) >= _MOST_COMPARED:
            return Comparison(merge_base, await self._compare_trees(merge_base, head))
        names = {file[key] for file in files for key in ("filename", "previous_filename") if file.get(key)}
        return Comparison(merge_base, tuple(sorted(names)))

    async def file(self, path: str, commit: str) -> str | None:
        """Return the text of a file, None where there is none. GitHubRefusedError 413 or 415 tells one of no use."""
        try:
            return await self._client.text(f"{self._root}/contents/{quote(path)}", max_bytes=MAX_FILE_BYTES, ref=commit)
        except GitHubRefusedError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def _compare_trees(self, base: str, head: str) -> tuple[str, ...]:
        """Return the paths below `sources` that differ, however many."""
        before, after = await self._sources(base), await self._sources(head)
        return tuple(sorted(path for path in {*before, *after} if before.get(path) != after.get(path)))

    async def _sources(self, commit: str) -> dict[str, str]:
        top = await self._client.get(f"{self._root}/git/trees/{commit}")
        tree = next((item["sha"] for item in top["tree"] if item["path"] == SOURCES), None)
        if tree is None:
            return {}
        found = await self._client.get(f"{self._root}/git/trees/{tree}", recursive="1")
        if found.get("truncated"):
            raise GitHubRefusedError(f"there are more files below {SOURCES} than GitHub lists at once")
        return {f"{SOURCES}/{item['path']}": item["sha"] for item in found["tree"] if item["type"] == "blob"}

    async def find_check_run(self, commit: str, name: str, external_id: str) -> Any | None:
        """Return the check run that was made with an id of ours."""
        runs = await self._client.pages(f"{self._root}/commits/{commit}/check-runs", check_name=name, filter="all")
        return next((run for run in runs if run.get("external_id") == external_id), None)

    async def create_check_run(self, body: dict[str, Any]) -> Any:
        """Make a check run and return it."""
        return await self._client.send("POST", f"{self._root}/check-runs", body)

    async def update_check_run(self, check_run: int, body: dict[str, Any]) -> Any:
        """Change a check run and return it; annotations are added to those that it has."""
        return await self._client.send("PATCH", f"{self._root}/check-runs/{check_run}", body)

    async def find_comment(self, pull: int, marker: str) -> int | None:
        """Return the first comment of ours with the marker in it."""
        comments = await self._client.pages(f"{self._root}/issues/{pull}/comments")
        ours = self._client.credentials.wrote
        return next((int(c["id"]) for c in comments if marker in (c.get("body") or "") and ours(c)), None)

    async def create_comment(self, pull: int, body: str) -> int:
        """Write a comment and return its number."""
        made = await self._client.send("POST", f"{self._root}/issues/{pull}/comments", {"body": body})
        return int(made["id"])

    async def update_comment(self, comment: int, body: str) -> bool:
        """Change a comment; False when somebody has deleted it."""
        try:
            await self._client.send("PATCH", f"{self._root}/issues/comments/{comment}", {"body": body})
        except GitHubRefusedError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return False
            raise
        return True
