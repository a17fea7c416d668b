"""The task of each type of schedule."""

from collections.abc import Sequence

from oa_api.db.database import Database
from oa_api.definitions.examiner import Examiner
from oa_api.identity.principal import SERVICE
from oa_api.mail import Mailer
from oa_api.products.builds import Requester, StartedBuild
from oa_api.products.collections import build_due_collections
from oa_api.products.fabric import build_due_fabric
from oa_api.schedules import schedule_runs
from oa_api.schedules.cleanup_task import CleanupTask
from oa_api.schedules.report_task import ReportTask
from oa_api.schedules.repository import GitHubArchives, RepositoryReader, SourceRepository
from oa_api.schedules.schedule_runs import ScheduleRun
from oa_api.schedules.sources_task import SourcesTask
from oa_api.schedules.worker import ScheduledTask
from oa_api.settings import Settings
from oa_shared.schedule_types import ScheduleType
from oa_shared.scheduling import Lane
from oa_shared.storage import Storage


def scheduled_tasks(
    settings: Settings, database: Database, storage: Storage, examiner: Examiner
) -> dict[ScheduleType, ScheduledTask]:
    """Return the task of every type."""
    repository = SourceRepository(settings.sources_repository, settings.sources_branch)
    reader = RepositoryReader(settings.allowed_hosts, github=GitHubArchives(api=settings.github_api_url))
    products = ProductsTask(database)
    return {
        ScheduleType.SOURCES: SourcesTask(database, reader, repository, examiner),
        ScheduleType.COLLECTIONS: products.build_collections,
        ScheduleType.FABRIC: products.build_fabric,
        ScheduleType.CLEANUP: CleanupTask(database, storage),
        ScheduleType.REPORT: ReportTask(database, settings, Mailer.of(settings)),
    }


class ProductsTask:
    """Builds products that are due; each is built once for a schedule run, so a retry resumes after the last one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def build_collections(self, schedule_run: ScheduleRun) -> None:
        """Build every collection whose inputs have changed. Raises StoreError."""
        key, requester = _key(schedule_run), _requester(schedule_run)
        await self._record(schedule_run, await build_due_collections(self._database, key=key, requester=requester))

    async def build_fabric(self, schedule_run: ScheduleRun) -> None:
        """Build each layer of the fabric whose data has changed. Raises StoreError."""
        key, requester = _key(schedule_run), _requester(schedule_run)
        await self._record(schedule_run, await build_due_fabric(self._database, key=key, requester=requester))

    async def _record(self, schedule_run: ScheduleRun, builds: Sequence[StartedBuild]) -> None:
        jobs = [build.job for build in builds if build.job]
        detail = {"jobs": len(jobs), "job_ids": jobs, "skipped": len(builds) - len(jobs)}
        await self._database.run(lambda transaction: schedule_runs.record(transaction, schedule_run, detail))


def _key(schedule_run: ScheduleRun) -> str:
    """Return the idempotency key of the builds of a schedule run."""
    return f"schedule-{schedule_run.type}-{schedule_run.period}"


def _requester(schedule_run: ScheduleRun) -> Requester:
    return Requester(SERVICE, Lane.WEEKLY, schedule_run.traceparent)
