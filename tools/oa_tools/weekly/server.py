"""Serves the data of the towns, broken or fixed, on loopback."""

import io
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from threading import Thread

from oa_shared.errors import OaError
from oa_tools.weekly.faults import TEMPORARY, Fault
from oa_tools.weekly.towns import ROWS, Town, table

TEMPORARY_S = 45.0
_SLOW_S = 12.0
_WEB_PAGE = b"<!DOCTYPE html><html><head><title>Moved</title></head><body>Our data has a new home.</body></html>"


class Phase(StrEnum):
    """The state of all towns: before the faults, broken, or fixed."""

    BEFORE = "before"
    BROKEN = "broken"
    FIXED = "fixed"


class WeeklyError(OaError):
    """The trial cannot start or did not end in time."""

    code = "local.weekly"
    title = "The weekly trial failed."


class TownServer:
    """The data that is served now; a file holds the phase, so that another process can change it."""

    def __init__(self, towns: list[Town], phase_file: Path) -> None:
        self._towns = {f"/{town.file}": town for town in towns}
        self._phase_file = phase_file
        self._first_request_at: dict[str, float] = {}
        self._more_rows: dict[str, int] = {}

    def grow(self, towns: Iterable[Town], rows: int = 1) -> None:
        """Add rows to the data of towns without a fault."""
        for town in towns:
            self._more_rows[f"/{town.file}"] = self._more_rows.get(f"/{town.file}", 0) + rows

    def answer(self, path: str) -> tuple[int, bytes, int]:
        """Return the status, the body and the number of bytes to send."""
        town = self._towns.get(path)
        if town is None:
            return 404, b"", 0
        fault = self._fault(path, town)
        if fault is Fault.SLOW:
            time.sleep(_SLOW_S)
        status = {Fault.GONE: 404, Fault.BUSY: 503}.get(fault, 200) if fault else 200
        body = _BODIES[fault](town) if fault in _BODIES else _good(town, ROWS + self._more_rows.get(path, 0))
        return status, body, len(body) // 2 if fault is Fault.CUT_OFF else len(body)

    def _fault(self, path: str, town: Town) -> Fault | None:
        if town.fault is None or self._phase() is not Phase.BROKEN:
            return None
        first = self._first_request_at.setdefault(path, time.monotonic())
        is_over = town.fault in TEMPORARY and time.monotonic() - first > TEMPORARY_S
        return None if is_over else town.fault

    def _phase(self) -> Phase:
        return Phase(self._phase_file.read_text("ascii").strip())


def _good(town: Town, rows: int) -> bytes:
    return _zip(town) if town.fault is Fault.BAD_ZIP else table(town, rows)


def _zip(town: Town) -> bytes:
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
    Fault.METERS: lambda town: table(town, meters=True),
    Fault.BAD_ZIP: lambda town: _zip(town)[:200],
    Fault.DROP: lambda town: table(town, rows=ROWS // 2),
}


@contextmanager
def serving(towns: TownServer, port: int) -> Iterator[None]:
    """Serve on loopback inside the block. Raises WeeklyError if the port is in use."""
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, towns))
    except OSError as error:
        raise WeeklyError(f"port {port} is in use by another `make weekly`; stop that first") from error
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, towns: TownServer, request: socket, client: tuple[str, int], server: HTTPServer) -> None:
        self._towns = towns
        super().__init__(request, client, server)

    def do_GET(self) -> None:
        """Answer a request for the data of a town."""
        status, body, sent_bytes = self._towns.answer(self.path)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:sent_bytes])

    def log_message(self, *_: object) -> None:
        """Log nothing."""
