"""From the driver's errors to ours, by their codes."""

import asyncio
from types import TracebackType

import psycopg2
from psycopg2 import errorcodes
from psycopg2.extensions import QueryCanceledError

from oa_api.store.errors import StoreConflictError, StoreError, StoreTimeoutError, StoreUnavailableError

_CONFLICTS = frozenset({errorcodes.SERIALIZATION_FAILURE, errorcodes.DEADLOCK_DETECTED, errorcodes.LOCK_NOT_AVAILABLE})
# What a dying or overloaded server says; InterfaceError is what the driver says of a connection that is gone.
_AWAY_CLASSES = frozenset({"08", "53", "57"})


class Translated:
    """Turns what is raised inside into StoreError and its children; the original stays as the cause."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, asyncio.CancelledError) and isinstance(error.__context__, QueryCanceledError):
            # aiopg makes a cancellation of the server's time-out; a real one has no such context.
            raise StoreTimeoutError from error.__context__
        if isinstance(error, TimeoutError):
            raise StoreUnavailableError("no answer in time") from error
        if isinstance(error, psycopg2.Error):
            raise _kind_of(error)(_words(error)) from error


def _kind_of(error: psycopg2.Error) -> type[StoreError]:
    if error.pgcode in _CONFLICTS:
        return StoreConflictError
    if isinstance(error, QueryCanceledError):
        return StoreTimeoutError
    if (error.pgcode or "")[:2] in _AWAY_CLASSES:
        return StoreUnavailableError
    is_connection = isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError) and error.pgcode is None
    # The driver knows no better than DatabaseError for a connection that breaks in the middle of an answer.
    is_broken = type(error) is psycopg2.DatabaseError and error.pgcode is None
    return StoreUnavailableError if is_connection or is_broken else StoreError


def _words(error: psycopg2.Error) -> str:
    return str(error).strip()
