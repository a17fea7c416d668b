"""The few calls to the API that the first start and the chaos run make."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Api:
    """An API and its secret; methods raise OSError when it cannot be reached or refuses."""

    url: str
    secret: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Make one call and return the JSON answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"secret": self.secret, "content-type": "application/json", "accept": "application/json"}
        request = Request(self.url + path, data=data, method=method, headers=headers)  # noqa: S310 - our own API
        with urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - likewise
            return json.load(answer)

    def submit(self, jobs: list[dict[str, Any]], *, live: bool) -> tuple[int, list[int]]:
        """Make a run of these jobs; return its id and the jobs' ids."""
        run = self.call("POST", "/api/run", {"live": live})["id"]
        answer = self.call("POST", f"/api/run/{run}/jobs", {"jobs": jobs})
        return run, answer["jobs"]

    def job(self, job: int) -> dict[str, Any]:
        """Return everything about a job."""
        found: dict[str, Any] = self.call("GET", f"/api/job/{job}")
        return found

    def answers(self) -> bool:
        """Return whether the API answers at all."""
        try:
            self.call("GET", "/api")
        except (URLError, OSError):
            return False
        return True
