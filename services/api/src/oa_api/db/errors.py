"""What can go wrong with the database, in our words; the driver's error is kept as `__cause__`."""

from oa_shared.errors import OaError


class StoreError(OaError):
    """A statement failed."""

    code = "store.error"
    title = "The database refused a statement."


class StoreUnavailableError(StoreError):
    """The database cannot be reached, or went away in the middle."""

    code = "store.unavailable"
    title = "The database is not available."
    retryable = True


class StoreUnknownOutcomeError(StoreUnavailableError):
    """The connection was lost while a transaction was being committed: it may have happened."""

    code = "store.unknown_outcome"
    title = "It is not known whether the database kept the change."


class StoreTimeoutError(StoreUnavailableError):
    """A statement took longer than it may."""

    code = "store.timeout"
    title = "The database took too long."


class StoreConflictError(StoreError):
    """Two transactions stood in each other's way; the loser may try again."""

    code = "store.conflict"
    title = "The database is busy with the same rows."
    retryable = True


class MigrationError(StoreError):
    """The migrations recorded in the database do not match the files of this version."""

    code = "store.migration"
    title = "The database cannot be migrated."
