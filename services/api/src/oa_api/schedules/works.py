"""Which work each type of schedule sets going."""

from oa_api.background.schedules import Work
from oa_api.cleanup.work import CleanupWork
from oa_api.identity.principal import SERVICE
from oa_api.mail import Mailer
from oa_api.products.collections import build_due_collections
from oa_api.products.fabric import build_fabric
from oa_api.products.launch import Asker
from oa_api.schedules import fires
from oa_api.schedules.fires import Fire
from oa_api.schedules.reports import ReportWork
from oa_api.schedules.repository import GitHub, Repository, RepositoryReader
from oa_api.schedules.sources import SourcesWork
from oa_api.settings import Settings
from oa_api.store.database import Database
from oa_shared.schedule_types import ScheduleType
from oa_shared.scheduling import Lane
from oa_shared.storage import Storage


def scheduled_works(settings: Settings, database: Database, storage: Storage) -> dict[ScheduleType, Work]:
    """Return the work of every type."""
    repository = Repository(settings.sources_repository, settings.sources_branch)
    reader = RepositoryReader(settings.allowed_hosts, github=GitHub(api=settings.github_api_url))
    products = ProductsWork(database)
    return {
        ScheduleType.SOURCES: SourcesWork(database, reader, repository),
        ScheduleType.COLLECTIONS: products.build_collections,
        ScheduleType.FABRIC: products.build_fabric,
        ScheduleType.CLEANUP: CleanupWork(database, storage),
        ScheduleType.REPORT: ReportWork(database, settings, Mailer.of(settings)),
    }


class ProductsWork:
    """Building what is due; each build is made once for a fire, so a second try goes on where the first stopped."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def build_collections(self, held: Fire) -> None:
        """Build every collection whose inputs have changed. Raises StoreError."""
        built = await build_due_collections(self._database, key=_key(held), asker=_asker(held))
        await self._note(held, built)

    async def build_fabric(self, held: Fire) -> None:
        """Build the map of each layer whose data has changed. Raises StoreError."""
        await self._note(held, await build_fabric(self._database, key=_key(held), asker=_asker(held)))

    async def _note(self, held: Fire, built: list[dict[str, object]]) -> None:
        jobs = [item["job"] for item in built if item["job"]]
        detail = {"jobs": len(jobs), "numbers": jobs, "skipped": len(built) - len(jobs)}
        await self._database.run(lambda transaction: fires.note(transaction, held, detail))


def _key(held: Fire) -> str:
    return f"schedule-{held.type}-{held.period}"


def _asker(held: Fire) -> Asker:
    return Asker(SERVICE, Lane.WEEKLY, held.traceparent)
