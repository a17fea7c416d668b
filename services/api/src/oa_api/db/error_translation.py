"""From the driver's errors to ours, by their codes."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2 import errorcodes
from psycopg2.extensions import QueryCanceledError

from oa_api.db.errors import StoreConflictError, StoreError, StoreTimeoutError, StoreUnavailableError

_CONFLICTS = frozenset({errorcodes.SERIALIZATION_FAILURE, errorcodes.DEADLOCK_DETECTED, errorcodes.LOCK_NOT_AVAILABLE})
# What a dying or overloaded server says; InterfaceError is what the driver says of a connection that is gone.
_AWAY_CLASSES = frozenset({"08", "53", "57"})


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn errors of the driver raised inside into StoreError and its children; the original stays as the cause."""
    try:
        yield
    except asyncio.CancelledError as error:
        # aiopg turns a server's time-out into a cancellation; a real one has no such context.
        if isinstance(error.__context__, QueryCanceledError):
            raise StoreTimeoutError from error.__context__
        raise
    except TimeoutError as error:
        raise StoreUnavailableError("no answer in time") from error
    except psycopg2.Error as error:
        raise _kind_of(error)(_text_of(error)) from error


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


def _text_of(error: psycopg2.Error) -> str:
    return str(error).strip()
