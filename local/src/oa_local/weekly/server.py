"""Serves the towns' data, broken or mended, on loopback."""

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from oa_local.weekly.faults import PASSING, Fault
from oa_local.weekly.towns import ROWS, Town, table
from oa_shared.errors import OaError

PASSES_AFTER_S = 45.0
_SLOW_S = 12.0
_WEB_PAGE = b"<!DOCTYPE html><html><head><title>Moved</title></head><body>Our data has a new home.</body></html>"


class Phase(StrEnum):
    """How the world of the towns stands."""

    BEFORE = "before"
    BROKEN = "broken"
    MENDED = "mended"


class WeeklyError(OaError):
    """The weekly run cannot be tried, or did not come to its end."""

    code = "local.weekly"
    title = "The weekly run was not tried."


class World:
    """What is served now; the phase lies in a file, so that another process can change it."""

    def __init__(self, towns: list[Town], phase_file: Path) -> None:
        self._towns = {f"/{town.file}": town for town in towns}
        self._phase_file = phase_file
        self._asked_at: dict[str, float] = {}

    def answer(self, path: str) -> tuple[int, bytes, int]:
        """Return the status, the body, and how many bytes of it are sent."""
        town = self._towns.get(path)
        if town is None:
            return 404, b"", 0
        fault = self._fault(path, town)
        if fault is Fault.SLOW:
            time.sleep(_SLOW_S)
        status = {Fault.GONE: 404, Fault.BUSY: 503}.get(fault, 200) if fault else 200
        body = _BODIES[fault](town) if fault in _BODIES else _good(town)
        return status, body, len(body) // 2 if fault is Fault.CUT_OFF else len(body)

    def _fault(self, path: str, town: Town) -> Fault | None:
        if town.fault is None or self._phase() is not Phase.BROKEN:
            return None
        first = self._asked_at.setdefault(path, time.monotonic())
        is_over = town.fault in PASSING and time.monotonic() - first > PASSES_AFTER_S
        return None if is_over else town.fault

    def _phase(self) -> Phase:
        return Phase(self._phase_file.read_text("ascii").strip())


def _good(town: Town) -> bytes:
    return _zipped(town) if town.fault is Fault.BAD_ZIP else table(town)


def _zipped(town: Town) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("addresses.csv", table(town))
    return packed.getvalue()


_BODIES: dict[Fault | None, Callable[[Town], bytes]] = {
    Fault.GONE: lambda _town: b"",
    Fault.BUSY: lambda _town: b"",
    Fault.WEB_PAGE: lambda _town: _WEB_PAGE,
    Fault.COLUMN: lambda town: table(town, without="STREET"),
    Fault.EMPTY: lambda town: table(town, rows=0),
    Fault.METRES: lambda town: table(town, metres=True),
    Fault.BAD_ZIP: lambda town: _zipped(town)[:200],
    Fault.DROP: lambda town: table(town, rows=ROWS // 2),
}


@contextmanager
def served(world: World, port: int) -> Iterator[None]:
    """Serve on loopback while the block runs. Raises WeeklyError when the port is taken."""
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, world))
    except OSError as error:
        raise WeeklyError(f"port {port} is taken: another `oa-local weekly` serves there, end it first") from error
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, world: World, *given: Any) -> None:
        self._world = world
        super().__init__(*given)

    def do_GET(self) -> None:
        """Answer with what the world says of this path."""
        status, body, sent_bytes = self._world.answer(self.path)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:sent_bytes])

    def log_message(self, *_: Any) -> None:
        """Say nothing of each request."""
