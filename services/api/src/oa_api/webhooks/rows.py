"""The rows that the queries of webhooks return."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """A webhook without its secret; `waiting` counts its queued deliveries, up to 10,000."""

    id: int
    url: str
    events: list[str]
    source: str | None
    layer: str | None
    active: bool
    disabled_reason: str | None
    created_at: datetime
    waiting: int


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery with the status or the error of its last attempt; `due_at` is None unless it waits."""

    id: int
    event: str
    state: str
    tries: int
    status: int | None
    error: str | None
    created_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    body: str


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A claimed delivery, with the URL to send it to and the secrets to sign it with."""

    id: int
    webhook: int
    event: str
    body: str
    tries: int
    url: str
    secret: str = field(repr=False)
    former_secret: str | None = field(repr=False)
