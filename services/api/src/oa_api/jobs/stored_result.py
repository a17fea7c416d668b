"""The final message of an attempt on S3: the whole result where the queue could not take it (docs/decisions/0001)."""

from dataclasses import replace

from oa_shared.errors import OaError
from oa_shared.ids import attempt_prefix
from oa_shared.messages import (
    MAX_STORED_BYTES,
    RESULT_FILE,
    StatusMessage,
    UnreadableMessageError,
    parse_result_message,
)
from oa_shared.storage import Storage


class StoredResultError(OaError):
    """The final message of an attempt on S3 is missing, too large, unreadable, or that of another report."""

    code = "result.unusable"
    title = "The stored result is missing or invalid."


async def read_stored_message(storage: Storage, job: int, attempt: int) -> StatusMessage | None:
    """Return the final message that an attempt left on S3, None if it left none.

    The key comes from the attempt, never from a message. Raises StoredResultError, StorageUnavailableError.
    """
    key = attempt_prefix(job, attempt) + RESULT_FILE
    stored = await storage.head(key)
    if stored is None:
        return None
    if stored.size_bytes > MAX_STORED_BYTES:
        raise StoredResultError(f"{key} has {stored.size_bytes} bytes, the limit is {MAX_STORED_BYTES}")
    chunks = storage.stream(key, 0, MAX_STORED_BYTES)
    body = b"".join([chunk async for chunk in chunks]) if stored.size_bytes else b""
    try:
        message = parse_result_message(body.decode("utf-8", "replace"))
    except UnreadableMessageError as error:
        raise StoredResultError(f"{key}: {error.detail}") from error
    if not isinstance(message, StatusMessage) or (message.job, message.attempt) != (job, attempt):
        raise StoredResultError(f"{key} is the message of another attempt")
    return message


async def complete(storage: Storage, message: StatusMessage) -> StatusMessage:
    """Return a message with its result, which the queue could not take. Raises as `read_stored_message` does."""
    stored = await read_stored_message(storage, message.job, message.attempt)
    if stored is None:
        raise StoredResultError(f"job {message.job}, attempt {message.attempt} left no {RESULT_FILE}")
    completed = replace(message, result=stored.result, result_stored=False)
    if stored != completed:
        raise StoredResultError(f"{RESULT_FILE} of job {message.job}, attempt {message.attempt} is of another report")
    return completed
