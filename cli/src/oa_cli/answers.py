"""The answers of the API that several commands use; each lists only the keys in use."""

from typing import NotRequired, TypedDict


class PageAnswer(TypedDict):
    """What every paged list has."""

    total: int
    total_is_estimate: bool


class ErrorAnswer(TypedDict):
    """Why a job failed."""

    code: str
    message: str | None


class ResultAnswer(TypedDict, total=False):
    """The result of a job."""

    count: int | None
    unchanged: bool


class ProgressAnswer(TypedDict, total=False):
    """The progress of a running job."""

    phase: str
    done: int | None


class JobAnswer(TypedDict):
    """A job."""

    id: int
    run: int
    source_name: str
    layer: str
    name: str
    status: str
    attempt: int
    tier: str
    lane: str
    batch_job: str | None
    source_url: str | None
    created_at: str | None
    started_at: str | None
    ended_at: str | None
    error: ErrorAnswer | None
    result: ResultAnswer | None
    progress: ProgressAnswer | None


class JobPage(PageAnswer):
    """GET /api/job and GET /api/run/<run>/jobs."""

    jobs: list[JobAnswer]


class RefusalAnswer(TypedDict):
    """Why an element of a request has no job; `index` is its position in the request that was just sent."""

    index: NotRequired[int]
    source: str
    pointer: str
    code: str
    message: str


class RunAnswer(TypedDict):
    """A run; `jobs` is the number of its jobs by status, and `total`. Older servers omit optional fields."""

    id: int
    name: NotRequired[str]
    status: str
    live: bool
    jobs: dict[str, int]
    created_at: str | None
    acknowledged: NotRequired[int]
    refused: NotRequired[int]
    refusals: NotRequired[list[RefusalAnswer]]


class RunPage(PageAnswer):
    """GET /api/run."""

    runs: list[RunAnswer]


class ProductFileLink(TypedDict):
    """A file of a product."""

    name: str
    url: str
    size_bytes: int


class MessageAnswer(TypedDict):
    """An answer that only has a message."""

    message: str
