"""A dead letter as people read it: decoded, its token blacked out; and which letters are meant."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from oa_shared.queue import ReceivedMessage

_TOKEN = re.compile(r'("token"\s*:\s*")[^"]*"')
_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class DeadLetterFilter:
    """Letters by their ids or by what they say; what is None does not matter."""

    ids: Collection[str] | None = None
    kind: str | None = None
    reason_contains: str | None = None
    job: int | None = None

    def takes(self, message: ReceivedMessage) -> bool:
        """Return whether a letter is one of these."""
        if self.ids is not None and message.id not in self.ids:
            return False
        if self.kind is None and self.reason_contains is None and self.job is None:
            return True
        shown = view(message)
        return (
            self.kind in (None, shown["kind"])
            and self.job in (None, shown["job"])
            and (self.reason_contains is None or self.reason_contains in (shown["reason"] or ""))
        )


def view(message: ReceivedMessage) -> dict[str, Any]:
    """Return what a letter says."""
    text = _TOKEN.sub(rf'\1{_HIDDEN}"', message.body)
    decoded = _decoded(text) or {}
    numbers = {name: value if isinstance(value := decoded.get(name), int) else None for name in ("job", "attempt")}
    kind = decoded.get("kind")
    return {
        "id": message.id,
        "sent_at": message.sent_at,
        "kind": kind if isinstance(kind, str) else None,
        "reason": message.attributes.get("reason"),
        "body": text,
        "message": decoded or None,
        **numbers,
    }


def _decoded(text: str) -> dict[str, Any] | None:
    try:
        decoded = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None
