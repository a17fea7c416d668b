"""Translates the driver's errors to StoreError, by their codes."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2 import errorcodes
from psycopg2.extensions import QueryCanceledError

from oa_api.db.errors import StoreConflictError, StoreError, StoreTimeoutError, StoreUnavailableError

_CONFLICTS = frozenset({errorcodes.SERIALIZATION_FAILURE, errorcodes.DEADLOCK_DETECTED, errorcodes.LOCK_NOT_AVAILABLE})
# SQLSTATE classes of a server that shuts down or is overloaded, and of broken connections.
_UNAVAILABLE_CLASSES = frozenset({"08", "53", "57"})


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn errors of the driver inside the block into StoreError and its subclasses; the original is the cause."""
    try:
        yield
    except TimeoutError as error:
        raise StoreTimeoutError("the database did not respond in time") from error
    except psycopg2.Error as error:
        raise _error_type(error)(str(error).strip()) from error


def is_read_only_error(error: BaseException) -> bool:
    """Return whether a server refused to write: it is a replica, or was the primary before a fail-over."""
    return isinstance(error, psycopg2.Error) and error.pgcode == errorcodes.READ_ONLY_SQL_TRANSACTION


def _error_type(error: psycopg2.Error) -> type[StoreError]:
    if error.pgcode in _CONFLICTS:
        return StoreConflictError
    if isinstance(error, QueryCanceledError):
        return StoreTimeoutError
    if is_read_only_error(error):
        return StoreUnavailableError
    if (error.pgcode or "")[:2] in _UNAVAILABLE_CLASSES:
        return StoreUnavailableError
    # The driver raises InterfaceError for a closed connection, and OperationalError without a code for a failed one.
    is_connection = isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError) and error.pgcode is None
    # It raises a bare DatabaseError for a connection that breaks in the middle of a response.
    is_broken = type(error) is psycopg2.DatabaseError and error.pgcode is None
    return StoreUnavailableError if is_connection or is_broken else StoreError
