"""SQS as a `Queue`."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import structlog

from oa_shared.aws.failures import AWS_ERRORS, error_code, is_definite
from oa_shared.aws.sqs_messages import batch_entry, message_attributes, read_message, split_into_batches
from oa_shared.carriers import why_not_queued
from oa_shared.queue import (
    OutgoingMessage,
    QueueDepth,
    QueueUnavailableError,
    ReceivedMessage,
    dead_letter_attributes,
)

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient
    from types_aiobotocore_sqs.type_defs import (
        ChangeMessageVisibilityBatchRequestEntryTypeDef,
        DeleteMessageBatchRequestEntryTypeDef,
    )

log = structlog.get_logger()
_MAX_WAIT_S = 20
# The least that a queue needs for the guarantees of the system.
_MIN_RECEIVES, _MIN_VISIBILITY_S, _MIN_RETENTION_S = 3, 30, 4 * 86_400
# SQS refuses a whole call with these because of one of its messages. The JSON protocol puts a name space before them.
_OF_CONTENT = frozenset(
    {
        "BatchRequestTooLong",
        "EmptyValue",
        "InvalidAttributeValue",
        "InvalidMessageContents",
        "InvalidParameterValue",
        "MissingParameter",
        "ParamValidationError",
        "RequestEntityTooLarge",
        "SerializationException",
        "ValidationError",
        "ValidationException",
    }
)
_STALE_RECEIPT = frozenset({"ReceiptHandleIsInvalid", "InvalidParameterValue", "MessageNotInflight"})
_STALE_RECEIPT |= {f"AWS.SimpleQueueService.{code}" for code in _STALE_RECEIPT}
_Depth = Literal[
    "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"
]
_DEPTHS: tuple[_Depth, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_NOT_FOUND = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})


class SqsQueue:
    """An SQS queue and, where it has one, its dead-letter queue."""

    def __init__(self, client: "SQSClient", url: str, dead_letter_url: str = "") -> None:
        self._client = client
        self.url = url
        self._dead_letter_url = dead_letter_url

    async def send_batch(self, messages: Sequence[OutgoingMessage]) -> list[bool]:
        """Send at most ten messages; SQS answers 200 even if it accepts only some of them.

        A message that SQS cannot take is not sent. When SQS refuses a call as a whole because of what it contains, the
        halves are sent separately, until the message is alone.
        """
        flags = [True] * len(messages)
        for index, message in enumerate(messages):
            if reason := why_not_queued(message.body, message.attributes):
                log.error("message_refused", error=reason)
                flags[index] = False
        takeable = [index for index, flag in enumerate(flags) if flag]
        for indexes in split_into_batches(takeable, messages):
            for index, accepted in zip(
                indexes, await self._send_or_split([messages[index] for index in indexes]), strict=True
            ):
                flags[index] = accepted
        return flags

    async def _send_or_split(self, messages: Sequence[OutgoingMessage]) -> list[bool]:
        """Send one call; return for each message whether SQS accepted it."""
        entries = [batch_entry(index, message) for index, message in enumerate(messages)]
        try:
            answer = await self._client.send_message_batch(QueueUrl=self.url, Entries=entries)
        except AWS_ERRORS as error:
            if not _is_about_content(error):
                raise QueueUnavailableError(f"SendMessageBatch: {error_code(error)}") from error
            if len(messages) == 1:
                log.error("message_refused", error=error_code(error))  # noqa: TRY400 - the code is enough
                return [False]
            middle = len(messages) // 2
            return [*await self._send_or_split(messages[:middle]), *await self._send_or_split(messages[middle:])]
        accepted = {entry["Id"] for entry in answer.get("Successful", [])}
        failed = answer.get("Failed", [])
        if failed and not accepted and not any(entry.get("SenderFault") for entry in failed):
            # SQS itself has a fault: the messages are not refused.
            raise QueueUnavailableError(f"SendMessageBatch: {failed[0].get('Code', '')}")
        for entry in failed:
            log.error("message_refused", error=entry.get("Code", ""))
        return [str(index) in accepted for index in range(len(messages))]

    async def receive(self, max_messages: int, wait_s: float, visibility_s: int) -> list[ReceivedMessage]:
        """Long-poll for messages."""
        async with _translate_errors("ReceiveMessage"):
            answer = await self._client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=max_messages,
                WaitTimeSeconds=min(int(wait_s), _MAX_WAIT_S),
                VisibilityTimeout=visibility_s,
                AttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
                MessageAttributeNames=["All"],
            )
        return [read_message(message) for message in answer.get("Messages", [])]

    async def delete(self, receipt: str) -> None:
        """Acknowledge a delivery; a receipt that is stale after a later delivery is not an error."""
        async with _translate_errors("DeleteMessage", allowed=_STALE_RECEIPT):
            await self._client.delete_message(QueueUrl=self.url, ReceiptHandle=receipt)

    async def delete_batch(self, receipts: Sequence[str]) -> None:
        """Acknowledge at most ten deliveries in one call; SQS answers 200 even if it deletes only some of them."""
        if not receipts:
            return
        entries: list[DeleteMessageBatchRequestEntryTypeDef] = [
            {"Id": str(index), "ReceiptHandle": receipt} for index, receipt in enumerate(receipts)
        ]
        async with _translate_errors("DeleteMessageBatch"):
            answer = await self._client.delete_message_batch(QueueUrl=self.url, Entries=entries)
        codes = {entry.get("Code", "") for entry in answer.get("Failed", [])} - _STALE_RECEIPT
        if codes:
            raise QueueUnavailableError(f"DeleteMessageBatch: {', '.join(sorted(codes))}")

    async def change_visibility(self, receipt: str, seconds: int) -> None:
        """Hide a delivery for `seconds` from now; 0 returns it to the queue."""
        async with _translate_errors("ChangeMessageVisibility", allowed=_STALE_RECEIPT):
            await self._client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )

    async def release_batch(self, receipts: Sequence[str]) -> None:
        """Return at most ten deliveries to the queue in one call; SQS answers 200 even if it returns only some."""
        if not receipts:
            return
        entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
            {"Id": str(index), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
            for index, receipt in enumerate(receipts)
        ]
        async with _translate_errors("ChangeMessageVisibilityBatch"):
            answer = await self._client.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)
        codes = {entry.get("Code", "") for entry in answer.get("Failed", [])} - _STALE_RECEIPT
        if codes:
            raise QueueUnavailableError(f"ChangeMessageVisibilityBatch: {', '.join(sorted(codes))}")

    async def depth(self) -> QueueDepth:
        """Return the approximate number of messages on the queue."""
        async with _translate_errors("GetQueueAttributes"):
            answer = await self._client.get_queue_attributes(
                QueueUrl=self.url, AttributeNames=[*_DEPTHS, "CreatedTimestamp"]
            )
        attributes = answer["Attributes"]
        visible, in_flight, delayed = (int(attributes.get(name, 0)) for name in _DEPTHS)
        created_s = attributes.get("CreatedTimestamp")
        created_at = datetime.fromtimestamp(float(created_s), UTC) if created_s else None
        return QueueDepth(visible=visible, in_flight=in_flight, delayed=delayed, created_at=created_at)

    async def find_misconfiguration(self) -> list[str]:
        """Return what is wrong with the queue: that it does not exist, or its attributes.

        docs/messages.md has the right attributes.
        """
        try:
            answer = await self._client.get_queue_attributes(
                QueueUrl=self.url, AttributeNames=["VisibilityTimeout", "RedrivePolicy", "MessageRetentionPeriod"]
            )
        except AWS_ERRORS as error:
            if error_code(error) in _NOT_FOUND:
                return ["it does not exist: create it again as docs/operations.md states"]
            raise QueueUnavailableError(f"GetQueueAttributes: {error_code(error)}") from error
        attributes = {str(name): value for name, value in answer.get("Attributes", {}).items()}
        return find_queue_problems(attributes, has_dead_letters=bool(self._dead_letter_url))

    async def dead_letter(self, message: ReceivedMessage, reason: str) -> None:
        """Send a copy with the reason to the dead-letter queue, then acknowledge the message.

        A copy that SQS refuses raises QueueUnavailableError: SQS itself moves the message after five deliveries.
        """
        if self._dead_letter_url:
            async with _translate_errors("SendMessage"):
                await self._client.send_message(
                    QueueUrl=self._dead_letter_url,
                    MessageBody=message.body,
                    MessageAttributes=message_attributes(dead_letter_attributes(message, reason)),
                )
        await self.delete(message.receipt)


def find_queue_problems(attributes: Mapping[str, str], *, has_dead_letters: bool) -> list[str]:
    """Return what is wrong with the attributes of a queue, each with what to do.

    A dead-letter queue has no dead-letter queue, so it needs no redrive policy.
    """
    problems = []
    redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
    if has_dead_letters and not redrive.get("deadLetterTargetArn"):
        problems.append("no redrive policy: a message that fails each time is delivered without end; set one")
    elif has_dead_letters and int(redrive.get("maxReceiveCount", 0)) < _MIN_RECEIVES:
        problems.append(f"maxReceiveCount is below {_MIN_RECEIVES}: an outage makes dead letters; raise it")
    if int(attributes.get("VisibilityTimeout", _MIN_VISIBILITY_S)) < _MIN_VISIBILITY_S:
        problems.append(f"VisibilityTimeout is below {_MIN_VISIBILITY_S} s: messages are delivered twice; raise it")
    if int(attributes.get("MessageRetentionPeriod", _MIN_RETENTION_S)) < _MIN_RETENTION_S:
        problems.append("MessageRetentionPeriod is below 4 days: an outage loses messages; raise it")
    return problems


def _is_about_content(error: BaseException) -> bool:
    return is_definite(error) and error_code(error).rpartition(".")[2].rpartition("#")[2] in _OF_CONTENT


@asynccontextmanager
async def _translate_errors(call: str, allowed: frozenset[str] = frozenset()) -> AsyncIterator[None]:
    try:
        yield
    except AWS_ERRORS as error:
        if error_code(error) not in allowed:
            raise QueueUnavailableError(f"{call}: {error_code(error)}") from error
