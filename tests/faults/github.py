"""A simulated GitHub in a thread of its own, and the author of a pull request there."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from faults.system import System
from support.fakes.github_events import encode_payload, headers
from support.fakes.github_model import GitHubModel
from support.fakes.github_server import GitHubServer

_TIMEOUT_S = 150.0


@contextmanager
def serve_github() -> Iterator[GitHubServer]:
    """Serve a simulated GitHub until the end of the block."""
    server, up, loop = GitHubServer(GitHubModel()), threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with server.serve():
            up.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert up.wait(60)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        loop.close()


@dataclass
class Author:
    """Sends events to the system and waits for the comment that GitHub shows."""

    system: System
    github: GitHubServer

    def send(self, event: str, payload: Any) -> None:
        """Send an event until the API accepts it, like a redelivery on GitHub."""
        body = encode_payload(payload)
        event_headers, deadline = headers(event, body), time.monotonic() + _TIMEOUT_S
        while True:
            self.system.restart_dead()
            request = Request(f"{self.system.stack.api_url}/api/github/event", data=body, headers=event_headers)  # noqa: S310 - our API
            try:
                with urlopen(request, timeout=60) as answer:  # noqa: S310 - likewise
                    assert json.load(answer)["state"] in {"waiting", "known"}
                    return
            except HTTPError as error:
                if error.code < 500:
                    raise
            except OSError:
                assert time.monotonic() < deadline
            time.sleep(0.2)

    def wait_for(self, *words: str) -> str:
        """Wait until the only comment contains all `words`, restarting dead services; return the comment."""
        deadline = time.monotonic() + _TIMEOUT_S
        while True:
            self.system.restart_dead()
            self._skip_lease()
            comments = [str(comment["body"]) for comment in self.github.model.comments.values()]
            if len(comments) == 1 and all(text in comments[0] for text in words):
                return comments[0]
            assert time.monotonic() < deadline, (words, comments)
            time.sleep(0.3)

    def _skip_lease(self) -> None:
        """Expire the leases of a dead process, which last longer than a test can wait."""
        for table, is_open in (("github_delivery", "state = 'waiting'"), ("github_check", "NOT is_settled")):
            late = "due_at > now() + interval '60 seconds'"
            self.system.execute(f"UPDATE {table} SET due_at = now() WHERE {is_open} AND {late}")  # noqa: S608
