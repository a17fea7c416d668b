"""What requests about webhooks say, after validation."""

from dataclasses import dataclass, field

from oa_api.http.schemas import CursorSlice

EVENTS = ("data.published",)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewWebhook:
    """A webhook to create; a `source` with a trailing slash is a prefix."""

    url: str
    events: list[str] = field(default_factory=lambda: list(EVENTS))
    source: str | None = None
    layer: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookChange:
    """A change of a webhook: only the fields in `given` change. `new_secret` replaces the secret."""

    given: list[str]
    url: str | None = None
    source: str | None = None
    layer: str | None = None
    active: bool | None = None
    new_secret: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryFilter(CursorSlice):
    """Which deliveries of a webhook to list."""

    state: str | None = None
