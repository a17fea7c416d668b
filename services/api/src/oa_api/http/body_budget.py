"""A limit on the bytes of request bodies that a process holds at one time, in total and for each client.

Anyone may start a request with a large body and withhold its end. Without a limit, a hundred such requests fill the
memory of the process; with it, the next one gets 503 and the client can repeat it.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from oa_api.http.errors import BusyError

_MIB = 1024 * 1024


class BodyBudget:
    """The bytes of bodies in memory: at most `total_bytes`, and `client_bytes` for one client."""

    def __init__(self, *, total_bytes: int, client_bytes: int) -> None:
        self._total_bytes, self._client_bytes = total_bytes, client_bytes
        self._used_bytes: Counter[str | None] = Counter()

    @property
    def used_bytes(self) -> int:
        """Return the bytes that requests hold now."""
        return self._used_bytes.total()

    @contextmanager
    def open_account(self, client: str | None) -> Iterator["Reservation"]:
        """Give the reservation of a request, which is free again at the end.

        None is a client without its own limit.
        """
        reservation = Reservation(self, client)
        try:
            yield reservation
        finally:
            self._release(client, reservation.size_bytes)

    def take(self, client: str | None, size_bytes: int) -> None:
        """Take bytes for a client. Raises BusyError."""
        self._check(client, size_bytes)
        self._used_bytes[client] += size_bytes

    def _release(self, client: str | None, size_bytes: int) -> None:
        self._used_bytes[client] -= size_bytes
        if not self._used_bytes[client]:
            del self._used_bytes[client]

    def _check(self, client: str | None, size_bytes: int) -> None:
        if client is not None and self._used_bytes[client] + size_bytes > self._client_bytes:
            raise BusyError(f"your requests that are still arriving exceed {self._client_bytes:,} bytes; retry later")
        if self.used_bytes + size_bytes > self._total_bytes:
            raise BusyError(f"requests that are still arriving exceed {self._total_bytes:,} bytes; retry later")


class Reservation:
    """The bytes that the body of one request takes of a budget."""

    def __init__(self, budget: BodyBudget, client: str | None) -> None:
        self._budget, self._client = budget, client
        self.size_bytes = 0

    def extend(self, size_bytes: int) -> None:
        """Take more bytes. Raises BusyError."""
        self._budget.take(self._client, size_bytes)
        self.size_bytes += size_bytes


class BodyBudgets:
    """One budget for anonymous clients, and one for accounts and services, which the former therefore never hold up."""

    def __init__(self) -> None:
        self.anonymous = BodyBudget(total_bytes=32 * _MIB, client_bytes=12 * _MIB)
        self.identified = BodyBudget(total_bytes=64 * _MIB, client_bytes=32 * _MIB)


BODY_BUDGETS = web.AppKey("body_budgets", BodyBudgets)
BODY_RESERVATION = web.RequestKey("body_reservation", Reservation)
