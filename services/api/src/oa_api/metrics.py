"""What Prometheus is told of the API (docs/operations.md lists every one)."""

from prometheus_client import Counter, Gauge, Histogram

REQUEST_DURATION_S = Histogram(
    "oa_request_duration_seconds", "Requests answered, by how long they took.", ("method", "route", "status")
)
RELAYED = Counter("oa_outbox_relayed", "Messages of the outbox by what the jobs queue said.", ("outcome",))
RESULTS = Counter("oa_results_applied", "Messages of the results queue by what became of them.", ("outcome",))
EVENT_STREAMS = Gauge("oa_event_streams", "Streams of events that are open.")
EVENT_STREAMS_CUT = Counter("oa_event_streams_cut", "Streams that were cut off because their client did not read.")
WEBHOOK_TRIES = Counter("oa_webhook_tries", "Tries of deliveries to webhooks by what came of them.", ("outcome",))
GITHUB_EVENTS = Counter("oa_github_events", "Events of GitHub by outcome.", ("outcome",))

DATABASE_UP = Gauge("oa_database_up", "Whether the database answers.")
OUTBOX_WAITING = Gauge("oa_outbox_waiting", "Messages of the outbox that wait to be sent.")
OUTBOX_AGE_S = Gauge("oa_outbox_age_seconds", "How long the oldest of them has waited.")
JOBS = Gauge("oa_jobs", "Jobs by status.", ("status",))
WORKER_AGE_S = Gauge("oa_worker_age_seconds", "Since when a background duty has not worked.", ("worker",))
QUEUE_UP = Gauge("oa_queue_up", "Whether a queue answers.", ("queue",))
QUEUE_MESSAGES = Gauge("oa_queue_messages", "Messages on a queue by what they wait for.", ("queue", "state"))
DEAD_LETTERS = Gauge("oa_dead_letters", "Messages in the dead-letter queue of a queue.", ("queue",))
