"""The settings of a dispatcher of tests, whose queues and definitions are names only."""

from oa_dispatcher.settings import DispatcherSettings

SETTINGS = DispatcherSettings(
    stack="test",
    api_url="http://api",
    shared_secret="s",
    jobs_queue_url="jobs",
    results_queue_url="results",
    bucket="bucket",
    batch_queues={"manual": "queue-manual", "weekly": "queue-weekly", "pull_request": "queue-pr"},
    batch_definitions={"standard": "d-standard", "large": "d-large"},
)
