"""Messages as boto3 sends and returns them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from oa_shared.carriers import MAX_QUEUE_BYTES, message_bytes
from oa_shared.queue import OutgoingMessage, ReceivedMessage

if TYPE_CHECKING:
    from types_aiobotocore_sqs.type_defs import (
        MessageAttributeValueTypeDef,
        MessageTypeDef,
        SendMessageBatchRequestEntryTypeDef,
    )


def split_into_batches(indexes: Sequence[int], messages: Sequence[OutgoingMessage]) -> list[list[int]]:
    """Return the indexes in groups that fit into one call."""
    groups: list[list[int]] = []
    room = 0
    for index in indexes:
        size_bytes = message_bytes(messages[index].body, messages[index].attributes)
        if size_bytes > room:
            groups.append([])
            room = MAX_QUEUE_BYTES
        groups[-1].append(index)
        room -= size_bytes
    return groups


def batch_entry(index: int, message: OutgoingMessage) -> "SendMessageBatchRequestEntryTypeDef":
    """Return the entry of a message in a call that sends several; its ID is its index."""
    entry: SendMessageBatchRequestEntryTypeDef = {"Id": str(index), "MessageBody": message.body}
    if message.delay_s:
        entry["DelaySeconds"] = message.delay_s
    if message.attributes:
        entry["MessageAttributes"] = message_attributes(message.attributes)
    return entry


def message_attributes(attributes: Mapping[str, str]) -> "dict[str, MessageAttributeValueTypeDef]":
    """Return texts as the attributes of a message."""
    return {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}


def read_message(message: "MessageTypeDef") -> ReceivedMessage:
    """Return a received message."""
    attributes = message.get("MessageAttributes", {})
    system = message.get("Attributes", {})
    sent_ms = system.get("SentTimestamp")
    return ReceivedMessage(
        id=message["MessageId"],
        body=message["Body"],
        receipt=message["ReceiptHandle"],
        receive_count=int(system.get("ApproximateReceiveCount", 1)),
        sent_at=datetime.fromtimestamp(int(sent_ms) / 1000, UTC) if sent_ms else None,
        attributes={name: value.get("StringValue", "") for name, value in attributes.items()},
    )
