"""What Prometheus is told of the dispatcher (docs/operations.md lists every metric)."""

from prometheus_client import Counter, Gauge

SUBMISSIONS = Counter("oa_submissions", "Messages of the jobs queue by what became of the submission.", ("outcome",))
SUBMIT_RATE = Gauge("oa_submit_rate", "SubmitJob calls a second that the token bucket lets through now.")
SWEEP_AGE_S = Gauge("oa_sweep_age_seconds", "Since when the dispatcher's sweep of Batch has not worked.")
