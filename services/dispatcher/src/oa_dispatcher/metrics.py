"""The Prometheus metrics of the dispatcher (docs/operations.md lists every metric)."""

from prometheus_client import Counter, Gauge

SUBMISSIONS = Counter("oa_submissions", "Messages of the jobs queue by the outcome of the submission.", ("outcome",))
SUBMIT_RATE = Gauge("oa_submit_rate", "SubmitJob calls per second that the token bucket allows now.")
SWEEP_AGE_S = Gauge("oa_sweep_age_seconds", "Seconds since the sweep of Batch last completed.")
