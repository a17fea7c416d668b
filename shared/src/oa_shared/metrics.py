"""The Prometheus metrics of queue consumers (docs/operations.md lists every metric)."""

from prometheus_client import Counter, Histogram

MESSAGES = Counter("oa_messages", "Messages handled, by queue and outcome.", ("queue", "outcome"))
MESSAGE_DURATION_S = Histogram(
    "oa_message_duration_seconds", "Seconds from receiving a message to settling it.", ("queue",)
)
