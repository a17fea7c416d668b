"""Which work each type of schedule sets going."""

from oa_api.background.schedules import Work
from oa_api.schedules.period import ScheduleType
from oa_api.schedules.repository import GitHub, Repository, RepositoryReader
from oa_api.schedules.sources import SourcesWork
from oa_api.settings import Settings
from oa_api.store.database import Database


def scheduled_works(settings: Settings, database: Database) -> dict[ScheduleType, Work]:
    """Return the work of every type."""
    repository = Repository(settings.sources_repository, settings.sources_branch)
    reader = RepositoryReader(settings.allow_hosts, github=GitHub(api=settings.github_api_url))
    return {ScheduleType.SOURCES: SourcesWork(database, reader, repository)}
