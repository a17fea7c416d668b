"""The Prometheus metrics of all services (docs/operations.md lists every metric)."""

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("oa_messages", "Messages handled, by queue and outcome.", ("queue", "outcome"))
MESSAGE_DURATION_S = Histogram(
    "oa_message_duration_seconds", "Seconds from receiving a message to settling it.", ("queue",)
)
WORKER_FAILURES = Counter("oa_worker_failures", "Failures of a background worker, which is restarted.", ("worker",))
LOOP_BLOCKS = Histogram(
    "oa_loop_block_seconds",
    "Blocks of the event loop above 50 ms: no other request or worker ran at the same time.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
LONGEST_LOOP_BLOCK_S = Gauge("oa_loop_longest_block_seconds", "Longest block of the event loop since the start.")
