"""The repository of sources on GitHub: reading it, and writing check runs and comments."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import cast
from urllib.parse import quote

from oa_api.github.errors import GitHubRefusedError
from oa_api.pull_requests.client import GitHubClient
from oa_api.pull_requests.responses import (
    BranchResponse,
    CheckRunResponse,
    CommentResponse,
    ComparisonResponse,
    PullResponse,
    RepositoryResponse,
    TreeResponse,
)
from oa_shared.json_types import JsonMapping

MAX_FILE_BYTES = 2 * 1024 * 1024
SOURCES = "sources"
# GitHub lists at most this many files in a comparison, on all of its pages together.
_MAX_COMPARED_FILES = 300


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request in its current state; `is_merged` means merged into the default branch.

    `association` is how its author belongs to the repository, such as MEMBER, CONTRIBUTOR or FIRST_TIME_CONTRIBUTOR.
    """

    number: int
    head_sha: str
    base_sha: str
    base_ref: str
    author: str
    association: str
    is_open: bool
    is_merged: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Comparison:
    """The files that differ between the merge base of two commits and the second one."""

    merge_base: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check run on GitHub, with the number of its annotations."""

    id: int
    annotation_count: int


class Repository:
    """A repository. All methods raise GitHubUnavailableError, and GitHubRefusedError for a refused request."""

    def __init__(self, client: GitHubClient, name: str) -> None:
        self._client = client
        self.name = name
        self._root = f"/repos/{quote(name)}"

    async def pull(self, number: int) -> Pull:
        """Return a pull request."""
        pull = cast("PullResponse", await self._client.get(f"{self._root}/pulls/{number}"))
        base, user = pull["base"], pull["user"]
        return Pull(
            number=number,
            head_sha=pull["head"]["sha"],
            base_sha=base["sha"],
            base_ref=base["ref"],
            author=user.get("login", "") if user else "",
            association=pull.get("author_association", "NONE"),
            is_open=pull["state"] == "open",
            is_merged=bool(pull["merged"]) and base["ref"] == base["repo"]["default_branch"],
            updated_at=datetime.fromisoformat(pull["updated_at"]),
        )

    async def head(self) -> str:
        """Return the newest commit of the default branch."""
        name = cast("RepositoryResponse", await self._client.get(self._root))["default_branch"]
        branch = cast("BranchResponse", await self._client.get(f"{self._root}/branches/{quote(name, safe='')}"))
        return str(branch["commit"]["sha"])

    async def compare(self, base: str, head: str) -> Comparison:
        """Return the paths that differ; a renamed file under both of its names."""
        # The first page has all files; the pages are of commits.
        response = await self._client.get(f"{self._root}/compare/{base}...{head}", per_page="1")
        comparison = cast("ComparisonResponse", response)
        merge_base, files = comparison["merge_base_commit"]["sha"], comparison["files"]
        if len(files) >= _MAX_COMPARED_FILES:
            return Comparison(merge_base, await self._compare_trees(merge_base, head))
        names = {file["filename"] for file in files if file.get("filename")}
        names |= {file["previous_filename"] for file in files if file.get("previous_filename")}
        return Comparison(merge_base, tuple(sorted(names)))

    async def file(self, path: str, commit: str) -> str | None:
        """Return the text of a file, or None if it does not exist.

        Raises GitHubRefusedError with status 413 for a file that is too large, 415 for one that is not UTF-8.
        """
        try:
            return await self._client.text(f"{self._root}/contents/{quote(path)}", max_bytes=MAX_FILE_BYTES, ref=commit)
        except GitHubRefusedError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def _compare_trees(self, base: str, head: str) -> tuple[str, ...]:
        """Return the paths below `sources` that differ, without a limit on their number."""
        before, after = await self._list_sources(base), await self._list_sources(head)
        return tuple(sorted(path for path in {*before, *after} if before.get(path) != after.get(path)))

    async def _list_sources(self, commit: str) -> dict[str, str]:
        """Return the blob SHA of each file below `sources`, by path."""
        top = cast("TreeResponse", await self._client.get(f"{self._root}/git/trees/{commit}"))
        tree_sha = next((item["sha"] for item in top["tree"] if item["path"] == SOURCES), None)
        if tree_sha is None:
            return {}
        tree = cast("TreeResponse", await self._client.get(f"{self._root}/git/trees/{tree_sha}", recursive="1"))
        if tree.get("truncated"):
            raise GitHubRefusedError(f"{SOURCES} has more files than GitHub lists in one tree")
        return {f"{SOURCES}/{item['path']}": item["sha"] for item in tree["tree"] if item["type"] == "blob"}

    async def find_check_run(self, commit: str, name: str, external_id: str) -> int | None:
        """Return the ID of the check run that was created with this external ID."""
        path = f"{self._root}/commits/{commit}/check-runs"
        runs = cast("list[CheckRunResponse]", await self._client.pages(path, check_name=name, filter="all"))
        return next((run["id"] for run in runs if run.get("external_id") == external_id), None)

    async def create_check_run(self, body: JsonMapping) -> int:
        """Create a check run and return its ID."""
        check_run = cast("CheckRunResponse", await self._client.send("POST", f"{self._root}/check-runs", body))
        return check_run["id"]

    async def update_check_run(self, check_run_id: int, body: JsonMapping) -> CheckRun:
        """Update a check run and return it; GitHub adds the annotations to the existing ones."""
        response = await self._client.send("PATCH", f"{self._root}/check-runs/{check_run_id}", body)
        check_run = cast("CheckRunResponse", response)
        return CheckRun(check_run["id"], int(check_run["output"].get("annotations_count") or 0))

    async def find_comment(self, pull: int, marker: str) -> int | None:
        """Return the ID of the first comment of this App that contains the marker."""
        comments = cast("list[CommentResponse]", await self._client.pages(f"{self._root}/issues/{pull}/comments"))
        is_own = self._client.credentials.is_author
        return next((int(c["id"]) for c in comments if marker in (c.get("body") or "") and is_own(c)), None)

    async def create_comment(self, pull: int, body: str) -> int:
        """Write a comment and return its ID."""
        response = await self._client.send("POST", f"{self._root}/issues/{pull}/comments", {"body": body})
        return int(cast("CommentResponse", response)["id"])

    async def update_comment(self, comment: int, body: str) -> bool:
        """Replace the text of a comment; return False if the comment was deleted."""
        try:
            await self._client.send("PATCH", f"{self._root}/issues/comments/{comment}", {"body": body})
        except GitHubRefusedError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return False
            raise
        return True
