"""A repository on GitHub: commits, branches, pull requests, check runs, comments."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

APP_ID = "4711"


@dataclass
class Commit:
    """The files of a commit, and its parent."""

    sha: str
    files: dict[str, str | bytes]
    parent: str | None


@dataclass
class PullRequest:
    """One pull request; `head_repository` is None when its fork was deleted."""

    number: int
    base_sha: str
    head_sha: str
    author: str
    updated_at: datetime
    head_repository: str | None
    base_ref: str = "master"
    state: str = "open"
    merged: bool = False
    merge_commit: str | None = None
    association: str = "CONTRIBUTOR"


@dataclass
class GitHubModel:
    """The repository that the simulated server serves."""

    name: str = "openaddresses/openaddresses"
    default_branch: str = "master"
    commits: dict[str, Commit] = field(default_factory=dict)
    pulls: dict[int, PullRequest] = field(default_factory=dict)
    check_runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    annotations: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    head: str = ""
    now: datetime = datetime(2026, 11, 24, 12, tzinfo=UTC)
    _ids: int = 100

    def next_id(self) -> int:
        """Return a unique number."""
        self._ids += 1
        return self._ids

    def tick(self) -> datetime:
        """Advance the clock by a second, so that newer items have later times."""
        self.now += timedelta(seconds=1)
        return self.now

    def commit(
        self, changes: dict[str, str | bytes | None], *, parent: str | None = None, to_branch: bool = False
    ) -> str:
        """Write a commit on top of another (None removes a file), and return its SHA."""
        parent = parent or self.head or None
        files = dict(self.commits[parent].files) if parent else {}
        files |= {path: text for path, text in changes.items() if text is not None}
        for path in [path for path, text in changes.items() if text is None]:
            del files[path]
        sha = hashlib.sha1(f"{parent} {len(self.commits)}".encode(), usedforsecurity=False).hexdigest()
        self.commits[sha] = Commit(sha, files, parent)
        if to_branch:
            self.head = sha
        return sha

    def open_pull(
        self,
        head_sha: str,
        *,
        author: str = "author",
        fork: str | None = "author/openaddresses",
        association: str = "CONTRIBUTOR",
    ) -> int:
        """Open a pull request onto the default branch and return its number."""
        number = self.next_id()
        pull = PullRequest(number, self.head, head_sha, author, self.tick(), fork, association=association)
        self.pulls[number] = pull
        return number

    def push_to_pull(self, number: int, head_sha: str) -> None:
        """Make another commit the head of a pull request."""
        pull = self.pulls[number]
        pull.head_sha, pull.updated_at = head_sha, self.tick()

    def change_base(self, number: int, base_ref: str, base_sha: str) -> None:
        """Let a pull request change another branch."""
        pull = self.pulls[number]
        pull.base_ref, pull.base_sha, pull.updated_at = base_ref, base_sha, self.tick()

    def close(self, number: int) -> None:
        """Close a pull request without merging it."""
        pull = self.pulls[number]
        pull.state, pull.updated_at = "closed", self.tick()

    def merge(self, number: int) -> tuple[str, str]:
        """Merge a pull request in one commit; return the head of the branch before and after."""
        pull, before = self.pulls[number], self.head
        paths = self.list_changes(self.merge_base(pull.base_sha, pull.head_sha), pull.head_sha)
        files = self.commits[pull.head_sha].files
        pull.merge_commit = self.commit({path: files.get(path) for path in paths}, to_branch=True)
        pull.state, pull.merged, pull.updated_at = "closed", True, self.tick()
        return before, self.head

    def list_changes(self, base: str, head: str) -> list[str]:
        """Return the paths that differ between two commits."""
        before, after = self.commits[base].files, self.commits[head].files
        return sorted(path for path in {*before, *after} if before.get(path) != after.get(path))

    def merge_base(self, base: str, head: str) -> str:
        """Return the newest common ancestor."""
        ancestors = self._ancestors(base)
        return next(sha for sha in self._ancestors(head) if sha in ancestors)

    def _ancestors(self, sha: str) -> list[str]:
        found: list[str] = []
        at: str | None = sha
        while at is not None:
            found.append(at)
            at = self.commits[at].parent
        return found
