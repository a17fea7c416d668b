"""Which work each type of schedule sets going."""

from oa_api.db.database import Database
from oa_api.identity.principal import SERVICE
from oa_api.mail import Mailer
from oa_api.products.builds import Requester
from oa_api.products.collections import build_due_collections
from oa_api.products.fabric import build_fabric
from oa_api.schedules import schedule_runs
from oa_api.schedules.cleanup_task import CleanupTask
from oa_api.schedules.report_task import ReportTask
from oa_api.schedules.repository import GitHubArchives, Repository, RepositoryReader
from oa_api.schedules.schedule_runs import ScheduleRun
from oa_api.schedules.sources_task import SourcesTask
from oa_api.schedules.worker import Work
from oa_api.settings import Settings
from oa_shared.schedule_types import ScheduleType
from oa_shared.scheduling import Lane
from oa_shared.storage import Storage


def scheduled_tasks(settings: Settings, database: Database, storage: Storage) -> dict[ScheduleType, Work]:
    """Return the work of every type."""
    repository = Repository(settings.sources_repository, settings.sources_branch)
    reader = RepositoryReader(settings.allowed_hosts, github=GitHubArchives(api=settings.github_api_url))
    products = ProductsTask(database)
    return {
        ScheduleType.SOURCES: SourcesTask(database, reader, repository),
        ScheduleType.COLLECTIONS: products.build_collections,
        ScheduleType.FABRIC: products.build_fabric,
        ScheduleType.CLEANUP: CleanupTask(database, storage),
        ScheduleType.REPORT: ReportTask(database, settings, Mailer.of(settings)),
    }


class ProductsTask:
    """Building what is due; each build is made once for a fire, so a second try goes on where the first stopped."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def build_collections(self, held: ScheduleRun) -> None:
        """Build every collection whose inputs have changed. Raises StoreError."""
        built = await build_due_collections(self._database, key=_key(held), asker=_asker(held))
        await self._note(held, built)

    async def build_fabric(self, held: ScheduleRun) -> None:
        """Build the map of each layer whose data has changed. Raises StoreError."""
        await self._note(held, await build_fabric(self._database, key=_key(held), asker=_asker(held)))

    async def _note(self, held: ScheduleRun, built: list[dict[str, object]]) -> None:
        jobs = [item["job"] for item in built if item["job"]]
        detail = {"jobs": len(jobs), "numbers": jobs, "skipped": len(built) - len(jobs)}
        await self._database.run(lambda transaction: schedule_runs.record(transaction, held, detail))


def _key(held: ScheduleRun) -> str:
    return f"schedule-{held.type}-{held.period}"


def _asker(held: ScheduleRun) -> Requester:
    return Requester(SERVICE, Lane.WEEKLY, held.traceparent)
