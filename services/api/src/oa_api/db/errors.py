"""Errors of the database; the driver's error is the `__cause__`."""

from oa_shared.errors import OaError


class StoreError(OaError):
    """A statement failed."""

    code = "store.error"
    title = "The database refused a statement."


class StoreUnavailableError(StoreError):
    """The database cannot be reached, or the connection broke."""

    code = "store.unavailable"
    title = "The database is not available."
    retryable = True


class StoreUnknownOutcomeError(StoreUnavailableError):
    """The connection broke during a commit: the change may have been committed."""

    code = "store.unknown_outcome"
    title = "The database may or may not have committed the change."


class StoreTimeoutError(StoreUnavailableError):
    """A statement exceeded its time limit."""

    code = "store.timeout"
    title = "The database took too long."


class StoreConflictError(StoreError):
    """Two transactions conflicted; the one that lost can be retried."""

    code = "store.conflict"
    title = "The database is busy with the same rows."
    retryable = True


class MigrationError(StoreError):
    """The migrations recorded in the database do not match the files of this version."""

    code = "store.migration"
    title = "The database cannot be migrated."
