"""The rows that the queries of pull requests return."""

from dataclasses import dataclass

from oa_api.pull_requests.definition_review import ReviewJson
from oa_api.pull_requests.targets import PullHead
from oa_shared.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class GitHubDeliveryRow:
    """An event that this worker has claimed; `tries` and `unfinished_takes` include this one."""

    id: str
    event: str
    task: JsonObject
    tries: int
    unfinished_takes: int


@dataclass(frozen=True, slots=True)
class CheckRow:
    """The check of a commit of a pull request, with its runs."""

    id: int
    repository: str
    pull: int
    head_sha: str
    state: str
    held: str
    sample_run: int | None
    full_run: int | None
    base_ref: str

    @property
    def head(self) -> PullHead:
        """Return the commit."""
        return PullHead(self.repository, self.pull, self.head_sha)

    def has_other_base(self, base_ref: str) -> bool:
        """Return whether the review was against another base branch; that of earlier versions is not known."""
        return self.base_ref not in ("", base_ref)


@dataclass(frozen=True, slots=True)
class CheckRuns:
    """The runs of a check: of samples, of full jobs, and the live one after a merge."""

    sample_run: int | None
    full_run: int | None
    live_run: int | None


@dataclass(frozen=True, slots=True)
class CheckVersion:
    """What changes when a check is restarted or left: its state and its round."""

    state: str
    round: int


@dataclass(frozen=True, slots=True)
class ClaimedCheck:
    """A check that this worker has claimed.

    `check_run` is GitHub's ID of the check run of this round, `shown` the digest of the report that GitHub shows;
    `tries` and `unfinished_takes` include this one.
    """

    id: int
    repository: str
    pull: int
    head_sha: str
    state: str
    held: str
    findings: ReviewJson
    sample_run: int | None
    full_run: int | None
    live_run: int | None
    round: int
    check_run: int | None
    shown: str
    tries: int
    unfinished_takes: int

    @property
    def head(self) -> PullHead:
        """Return the commit."""
        return PullHead(self.repository, self.pull, self.head_sha)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry of a check: its sample job, its full job if there is one, and its published dataset.

    Counts come from results, which containers report: they may be anything.
    """

    source_name: str
    layer: str
    name: str
    sample_job: int
    sample_attempt: int
    sample_status: str
    sample_code: str | None
    sample_message: str | None
    sample_count: object
    sample_fields: object
    full_job: int | None
    full_attempt: int | None
    full_status: str | None
    full_code: str | None
    full_message: str | None
    full_count: object
    full_valid: object
    full_fields: object
    full_bounds: object
    full_placement: object
    full_changes: object
    has_preview: bool
    live_job: int | None
    live_count: object
    live_fields: object
    live_bounds: object
    live_placement: object


@dataclass(frozen=True, slots=True)
class DueEntry:
    """An entry that gets its full job now; `rank` is that of its sample job."""

    job: int
    rank: int
    source_name: str
    source_url: str | None
    source_sha256: str
    layer: str
    name: str
    tier: str
    host: str | None
    definition: str


@dataclass(frozen=True, slots=True)
class LiveEntry:
    """The `index`-th requested entry: its published job, and the definition of its newest live job."""

    index: int
    published: int | None
    live_sha256: str | None


@dataclass(frozen=True, slots=True)
class TrialJob:
    """A job of a run that was created for a pull request and is not live."""

    run: int
    job: int
    source_name: str
    layer: str
    name: str
    sha256: str
    status: str
