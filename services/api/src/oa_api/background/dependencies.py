"""The queues and the store that this process checks, so that the status of the system names one that is missing."""

from collections.abc import Sequence

from oa_api.settings import Settings
from oa_shared.aws import Aws, SqsQueue
from oa_shared.dependency_check import Dependency
from oa_shared.process_report import BATCH
from oa_shared.storage import Storage

_JOBS, _RESULTS, _STORE = "jobs_queue", "results_queue", "store"
_JOBS_DEAD, _RESULTS_DEAD = "jobs_dead_letters", "results_dead_letters"
DEPENDENCY_PARTS = frozenset({_JOBS, _JOBS_DEAD, _RESULTS, _RESULTS_DEAD, _STORE, BATCH})
# No attempt has this number: the store has to answer that it has no such object.
_ABSENT_KEY = "job/0/attempt-0/claim.json"


def list_dependencies(settings: Settings, aws: Aws) -> list[Dependency]:
    """Return the dependencies of this process: the queues that it uses, as its permissions allow, and the bucket."""
    jobs = aws.queue(settings.jobs_queue_url, settings.jobs_dlq_url)
    results = aws.queue(settings.results_queue_url, settings.results_dlq_url)
    found = []
    if settings.relay or settings.http:
        found.append(_queue(_JOBS, jobs))
    if settings.consumer or settings.http:
        found.append(_queue(_RESULTS, results))
    if settings.http:
        dead = {_JOBS_DEAD: settings.jobs_dlq_url, _RESULTS_DEAD: settings.results_dlq_url}
        found += [_queue(part, aws.queue(url)) for part, url in dead.items() if url]
    if settings.sweep or settings.http:
        found.append(_store(aws.storage(settings.bucket), settings.bucket))
    return found


def _queue(part: str, queue: SqsQueue) -> Dependency:
    return Dependency(part, f"the queue {queue.url.rpartition('/')[2]}", queue.find_misconfiguration)


def _store(storage: Storage, bucket: str) -> Dependency:
    async def check() -> Sequence[str]:
        await storage.get_bytes(_ABSENT_KEY)
        return ()

    return Dependency(_STORE, f"the bucket {bucket}", check)
