"""A dead letter in readable form, with its token redacted; and the filter that selects dead letters."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from oa_api.dead_letters.requests import DeadLetterCommand, DeadLetterSelection
from oa_shared.json_types import JsonObject
from oa_shared.queue import ReceivedMessage

_TOKEN = re.compile(r'("token"\s*:\s*")[^"]*"')
_REDACTED = "…"


@dataclass(frozen=True, slots=True)
class DeadLetterMessage:
    """A message that could not be processed; `message` is the decoded body, None if that is not a JSON object."""

    id: str
    sent_at: datetime | None
    kind: str | None
    reason: str | None
    body: str
    message: JsonObject | None
    job: int | None
    attempt: int | None


def read_dead_letter(message: ReceivedMessage) -> DeadLetterMessage:
    """Return a message of a dead-letter queue in readable form."""
    body = _TOKEN.sub(rf'\1{_REDACTED}"', message.body)
    decoded = _decode(body)
    fields = decoded or {}
    kind, job, attempt = fields.get("kind"), fields.get("job"), fields.get("attempt")
    return DeadLetterMessage(
        id=message.id,
        sent_at=message.sent_at,
        kind=kind if isinstance(kind, str) else None,
        reason=message.attributes.get("reason"),
        body=body,
        message=decoded or None,
        job=job if isinstance(job, int) else None,
        attempt=attempt if isinstance(attempt, int) else None,
    )


@dataclass(frozen=True, slots=True)
class DeadLetterFilter:
    """Selects dead letters by their IDs or their contents; None matches any."""

    ids: Collection[str] | None = None
    kind: str | None = None
    reason_contains: str | None = None
    job: int | None = None

    @classmethod
    def of_selection(cls, selection: DeadLetterSelection) -> Self:
        """Return the filter of a list."""
        return cls(None, selection.kind, selection.reason_contains, selection.job)

    @classmethod
    def of_command(cls, command: DeadLetterCommand) -> Self:
        """Return the filter of a redrive or a discard."""
        ids = frozenset(command.messages) if command.messages is not None else None
        return cls(ids, command.kind, command.reason_contains, command.job)

    def matches(self, message: ReceivedMessage) -> bool:
        """Return whether the filter selects a message."""
        if self.ids is not None and message.id not in self.ids:
            return False
        if self.kind is None and self.reason_contains is None and self.job is None:
            return True
        return self.selects(read_dead_letter(message))

    def selects(self, readable: DeadLetterMessage) -> bool:
        """Return whether the filter selects a message in readable form."""
        return (
            (self.ids is None or readable.id in self.ids)
            and self.kind in (None, readable.kind)
            and self.job in (None, readable.job)
            and (self.reason_contains is None or self.reason_contains in (readable.reason or ""))
        )


def _decode(text: str) -> JsonObject | None:
    try:
        decoded = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None
