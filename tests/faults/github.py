"""A fake GitHub next to the complete system, in a thread of its own, and an author who uses it."""

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
from support.fakes.github_events import encode_event, headers
from support.fakes.github_model import GitHubModel
from support.fakes.github_server import GitHubServer

_PATIENCE_S = 150.0


@contextmanager
def github_beside() -> Iterator[GitHubServer]:
    """Serve a fake GitHub until the end of the block."""
    server, up, loop = GitHubServer(GitHubModel()), threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with server.serve():
            up.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert up.wait(30)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()


@dataclass
class Author:
    """An author who sends events to the system and waits for the comment on GitHub."""

    system: System
    github: GitHubServer

    def send(self, event: str, payload: Any) -> None:
        """Send an event until it is accepted, as GitHub does with *Redeliver*."""
        body = encode_event(payload)
        told, deadline = headers(event, body), time.monotonic() + _PATIENCE_S
        while True:
            self.system.tend()
            request = Request(f"{self.system.stack.api_url}/api/github/event", data=body, headers=told)  # noqa: S310 - our API
            try:
                with urlopen(request, timeout=10) as answer:  # noqa: S310 - likewise
                    assert json.load(answer)["state"] in {"waiting", "known"}
                    return
            except HTTPError as error:
                if error.code < 500:
                    raise
            except OSError:
                assert time.monotonic() < deadline
            time.sleep(0.2)

    def wait_for(self, *texts: str) -> str:
        """Wait until the comment contains all texts, restarting processes that die; return the comment."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            self.system.tend()
            self._skip_lease()
            comments = [str(comment["body"]) for comment in self.github.model.comments.values()]
            if len(comments) == 1 and all(text in comments[0] for text in texts):
                return comments[0]
            assert time.monotonic() < deadline, (texts, comments)
            time.sleep(0.3)

    def _skip_lease(self) -> None:
        """End the leases of processes that died."""
        for table, is_open in (("github_delivery", "state = 'waiting'"), ("github_check", "NOT is_settled")):
            late = "due_at > now() + interval '60 seconds'"
            self.system.execute(f"UPDATE {table} SET due_at = now() WHERE {is_open} AND {late}")  # noqa: S608
