"""The Prometheus metrics of the API (docs/operations.md lists every one)."""

from prometheus_client import Counter, Gauge, Histogram

REQUEST_DURATION_S = Histogram("oa_request_duration_seconds", "Duration of requests.", ("method", "route", "status"))
RELAYED = Counter("oa_outbox_relayed", "Messages of the outbox, by outcome of sending.", ("outcome",))
RESULTS = Counter("oa_results_applied", "Messages of the results queue, by outcome.", ("outcome",))
EVENT_STREAMS = Gauge("oa_event_streams", "Open event streams.")
EVENT_STREAMS_CUT = Counter("oa_event_streams_cut", "Event streams closed because the client read too slowly.")
WEBHOOK_TRIES = Counter("oa_webhook_tries", "Attempted webhook deliveries, by outcome.", ("outcome",))
EXAMINATIONS_STOPPED = Counter(
    "oa_examinations_stopped", "Examinations of definitions that took too much time or memory.", ("operation",)
)
ATTEMPT_CREDENTIALS = Counter(
    "oa_attempt_credentials", "Requests by containers for the credentials of their attempt, by outcome.", ("outcome",)
)
GITHUB_EVENTS = Counter("oa_github_events", "GitHub events, by outcome.", ("outcome",))

DATABASE_UP = Gauge("oa_database_up", "Whether the database responds.")
OUTBOX_WAITING = Gauge("oa_outbox_waiting", "Messages waiting in the outbox.")
OUTBOX_AGE_S = Gauge("oa_outbox_age_seconds", "Age of the oldest message waiting in the outbox.")
OUTBOX_STALLED_S = Gauge(
    "oa_outbox_stalled_seconds", "Time since a message of the outbox was sent while others wait, or since a refusal."
)
WEEKLY_RUN_AGE_S = Gauge(
    "oa_weekly_run_age_seconds", "Time since a live weekly run ended, or since the first migration."
)
LOST_RESULTS = Gauge("oa_lost_results", "Results whose files are missing in the store.")
JOBS = Gauge("oa_jobs", "Jobs, by status.", ("status",))
WORKER_AGE_S = Gauge(
    "oa_worker_age_seconds", "Time since the last progress of a part of a process.", ("worker", "process")
)
QUEUE_UP = Gauge("oa_queue_up", "Whether a queue responds.", ("queue",))
QUEUE_MESSAGES = Gauge("oa_queue_messages", "Messages on a queue, by state.", ("queue", "state"))
DEAD_LETTERS = Gauge("oa_dead_letters", "Messages in the dead-letter queue of a queue.", ("queue",))
