"""The calls of the API that the local stack and its trials make."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, TypedDict
from urllib.request import Request, urlopen

from oa_shared.json_types import JsonMapping

_TIMEOUT_S = 60.0
_PAGE = 100


class JobErrorView(TypedDict):
    """Why a job failed."""

    code: str
    message: str | None


class JobResult(TypedDict, total=False):
    """The result of a job."""

    count: int


class JobView(TypedDict):
    """A job as the API returns it; this lists only the keys in use."""

    id: int
    source_name: str
    layer: str
    name: str
    status: str
    error: JobErrorView | None
    result: JobResult | None


@dataclass(frozen=True, slots=True)
class LocalApi:
    """An API and its shared secret. Methods raise OSError when it does not answer or rejects a request."""

    url: str
    secret: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Make one call and return the decoded JSON answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"secret": self.secret, "content-type": "application/json", "accept": "application/json"}
        request = Request(self.url + path, data=data, method=method, headers=headers)  # noqa: S310 - the local API
        with urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - likewise
            return json.load(answer)

    def submit(self, jobs: Sequence[JsonMapping], *, live: bool) -> tuple[int, list[int]]:
        """Create a run with these jobs; return its id and the ids of the jobs."""
        run = self.call("POST", "/api/run", {"live": live})["id"]
        answer = self.call("POST", f"/api/run/{run}/jobs", {"jobs": jobs})
        return run, answer["jobs"]

    def job(self, job: int) -> JobView:
        """Return a job."""
        view: JobView = self.call("GET", f"/api/job/{job}")
        return view

    def jobs_of_run(self, run: int) -> Iterator[JobView]:
        """Yield all jobs of a run, newest first."""
        cursor = ""
        while True:
            page: list[JobView] = self.call("GET", f"/api/run/{run}/jobs?limit={_PAGE}{cursor}")["jobs"]
            yield from page
            if len(page) < _PAGE:
                return
            cursor = f"&cursor={page[-1]['id']}"

    def answers(self) -> bool:
        """Return whether the API answers."""
        try:
            self.call("GET", "/api")
        except (OSError, HTTPException, ValueError):
            return False
        return True
